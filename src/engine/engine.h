// The public interface: a model on a device, and the way of a picture through it.
//
//   auto engine = convnext::Engine::Open({.model_path = "weights/convnext_base.clip_laion2b"});
//   if (!engine.ok()) return Report(engine.status());
//   auto result = convnext::RunInference(*engine, {.images = {"photo.jpg"}});
//   // result->embeddings: float32 [1, 640]
#pragma once

#include "engine/batch_driver.h"
#include "engine/batcher.h"
#include "engine/core.h"
#include "engine/inference.h"
#include "engine/preprocessor.h"
#include "engine/version.h"

namespace convnext {

inline constexpr const char* kDefaultModelPath = "weights/convnext_base.clip_laion2b";

}  // namespace convnext
