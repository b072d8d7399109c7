// The layers of a ConvNeXt, described once: the names of tensors and their shapes, the weights to load, the counts of
// parameters and operations and the ONNX file all follow from here.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "convnext/config/model_config.h"

namespace convnext {

// A side of the depthwise convolution's window in every block.
inline constexpr int64_t kBlockKernel = 7;

enum class LayerType {
  kConvolution,  // windows that do not overlap: the stride is the kernel
  kDepthwise,    // a convolution of each channel by itself; the picture keeps its size
  kLinear,
  kLayerNorm,   // over the channels
  kLayerScale,  // a factor for each channel (arXiv:2103.17239)
};

struct LayerSpec {
  LayerType type = LayerType::kLinear;
  std::string name;                               // of timm's module; the layer scale's is that of its tensor
  int64_t inputs = 0;                             // channels
  int64_t outputs = 0;                            // channels
  int64_t kernel = 1;                             // a side of a convolution's window
  double eps = 0;                                 // of a norm
  Activation activation = Activation::kIdentity;  // of its outputs
  std::optional<int> stage = std::nullopt;        // whose pixels are its outputs; none: one row for each picture
};

struct BlockSpec {
  std::string name;  // of timm's module
  LayerSpec gamma;   // the layer scale
  LayerSpec conv_dw, norm, fc1, fc2;
};

struct StageSpec {
  std::optional<LayerSpec> downsample_norm, downsample_conv;  // absent in the first stage
  std::vector<BlockSpec> blocks;
};

// The members in the order in which a picture passes them, but for gamma, which comes last in its block.
struct NetworkSpec {
  LayerSpec stem_conv, stem_norm;
  std::array<StageSpec, 4> stages;
  LayerSpec head_norm;  // after the pooling
  std::optional<LayerSpec> pre_logits, fc;
};

NetworkSpec DescribeNetwork(const ConvNeXtConfig& config);

// Visits all layers, in the order of timm's state_dict.
void ForEachLayer(const NetworkSpec& network, const std::function<void(const LayerSpec&)>& visit);

struct NamedShape {
  std::string name;
  Shape shape;
};

// The tensors of a layer, as timm names and shapes them. Every layer but a layer scale has a bias.
NamedShape WeightOf(const LayerSpec& layer);
bool HasBias(const LayerSpec& layer);
NamedShape BiasOf(const LayerSpec& layer);

// The tensors that a model of this config consists of, in timm's state_dict order.
std::vector<NamedShape> ExpectedTensors(const ConvNeXtConfig& config);

// Number of parameters: the elements of all tensors.
int64_t ParameterCount(const ConvNeXtConfig& config);

// Multiplications and additions of the convolutions and products that one picture of that size takes: what
// ForwardProfile counts.
int64_t OperationCount(const ConvNeXtConfig& config, const ImageSize& size);

}  // namespace convnext
