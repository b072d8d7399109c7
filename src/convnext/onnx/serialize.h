#pragma once

#include <string>
#include <vector>

#include "convnext/onnx/graph.h"

namespace convnext {

// A part of a file: bytes, and after them, if there is one, the values of a tensor (float32, little-endian, row-major).
struct FilePart {
  std::string bytes;
  const Initializer* tensor = nullptr;
};

// A file that is only described: its tensors are read from the model when they are written, one at a time.
struct FilePlan {
  std::vector<FilePart> parts;
  uint64_t size = 0;  // in bytes
};

// The ModelProto of `graph`, byte for byte as protobuf serialises it. With `data` the large tensors go there: that file
// lies beside the model's, as `data_name`. `graph` must outlive the plans.
FilePlan PlanModel(const OnnxGraph& graph, int opset, FilePlan* data, const std::string& data_name);

// Gives `write` the bytes of `plan`.
Status WritePlan(const ModelFile& model, const FilePlan& plan, const WriteBytes& write);

}  // namespace convnext
