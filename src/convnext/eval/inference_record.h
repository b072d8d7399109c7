#pragma once

#include "convnext/engine.h"
#include "convnext/eval/inputs.h"
#include "convnext/facts/facts.h"

namespace convnext {

InferenceRecord DescribeInference(const Engine& engine, const InferenceOptions& options, const InferenceResult& result,
                                  const Window& window);

struct InferenceRun {
  InferenceRecord record;
  Tensor<double> embeddings;  // [inputs, D]
};

// Embeds the pictures of a bundle, as `convnext infer` does. options.images is not used; one that fails fails all.
Result<InferenceRun> MeasureInference(const EngineOptions& engine, InferenceOptions options,
                                      const std::vector<SourcePicture>& pictures);

}  // namespace convnext
