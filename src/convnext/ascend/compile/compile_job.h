// One model compiled for one chip, in several batch sizes: the steps behind CompileModels.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "convnext/ascend/compile/compile_models.h"

namespace convnext {

// A model that can be written as ONNX with any batch size (-1 in its first dimension).
struct OnnxSource {
  std::string identity;  // another one for all that would be written differently
  std::function<Status(int opset, const std::string& path)> write;
};

// One result for each batch size.
std::vector<Result<CompiledModel>> CompileSource(const OnnxSource& source, const CompileOptions& options,
                                                 const std::vector<int64_t>& batches);

}  // namespace convnext
