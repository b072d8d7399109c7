#pragma once

#include <onnx/onnx_pb.h>

#include <string>
#include <vector>

#include "convnext/onnx/export.h"

namespace convnext {

// A constant of the graph, float32: a tensor of the model, whose values are read when they are written, or numbers.
struct Initializer {
  std::string name;
  Shape shape;
  std::string source;         // the timm name of the tensor
  bool transposed = false;    // stored as [outputs, inputs], wanted as [inputs, outputs]
  std::vector<float> values;  // where there is no source
};

// The graph without the values of its initializers.
struct OnnxGraph {
  onnx::GraphProto proto;                 // nodes, name, input, output
  std::vector<Initializer> initializers;  // in the order in which the nodes first use them
};

// timm's ConvNeXt as a graph. A node is called as timm's module, and its output as the node:
// "stages.0.blocks.0.conv_dw". If a module takes several operators, only one is called so, and the others add theirs:
// "stages.0.blocks.0.mlp.act/Erf". Initializers are called as timm's tensors, with ".T" where they are transposed.
OnnxGraph BuildGraph(const ModelConfig& config, const OnnxOptions& options);

}  // namespace convnext
