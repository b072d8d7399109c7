// The public interface: a model on a device, and the way of a picture through it.
//
//   auto engine = convnext::OpenEngine({.model_path = "weights/convnext_base.clip_laion2b"});
//   if (!engine.ok()) return Report(engine.status());
//   auto result = convnext::RunInference(*engine, {.images = {"photo.jpg"}});
//   // result->embeddings: float32 [1, 640]
#pragma once

#include "convnext/devices/devices.h"
#include "convnext/engine/engine.h"

namespace convnext {

inline constexpr const char* kDefaultModelPath = "weights/convnext_base.clip_laion2b";

// The model at options.model_path on the device that options.backend names.
inline Result<Engine> OpenEngine(const EngineOptions& options) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto backend, MakeBackend(options.backend));
  return Engine::Open(*backend, options);
}

// The same for a model that is already open; options.model_path is not used.
inline Result<Engine> LoadEngine(const ModelFile& file, const EngineOptions& options) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto backend, MakeBackend(options.backend));
  return Engine::Load(*backend, file, options);
}

}  // namespace convnext
