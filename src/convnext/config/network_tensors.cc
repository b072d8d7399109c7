// What follows from the layers of a config: its tensors, in the order of timm's state_dict, and how much it is.
#include <algorithm>

#include "convnext/config/network.h"

namespace convnext {
namespace {

constexpr int64_t kMaxDepth = 1000;
constexpr int64_t kMaxWidth = 65536;
constexpr int64_t kMaxClasses = 1'000'000;
constexpr int64_t kMaxParameters = 10'000'000'000;  // 40 GB; the largest published ConvNeXt has 0.85e9

// How many output pixels the weights of a layer are applied to: a stage halves the last one's sides.
int64_t PixelsOf(const LayerSpec& layer, const ImageSize& size) {
  if (!layer.stage) return 1;
  return (size.height / 4 >> *layer.stage) * (size.width / 4 >> *layer.stage);
}

Status CheckRange(std::string_view name, std::span<const int64_t> values, int64_t min, int64_t max) {
  if (std::all_of(values.begin(), values.end(), [&](int64_t value) { return value >= min && value <= max; })) return {};
  return Invalid("{}: got {}; expected {} to {}", name, ShapeText(values), min, max);
}

}  // namespace

std::vector<NamedShape> ExpectedTensors(const ConvNeXtConfig& config) {
  std::vector<NamedShape> tensors;
  ForEachLayer(DescribeNetwork(config), [&](const LayerSpec& layer) {
    tensors.push_back(WeightOf(layer));
    if (HasBias(layer)) tensors.push_back(BiasOf(layer));
  });
  return tensors;
}

int64_t ParameterCount(const ConvNeXtConfig& config) {
  size_t count = 0;
  for (const NamedShape& tensor : ExpectedTensors(config)) count += ElementCount(tensor.shape).value_or(0);
  return static_cast<int64_t>(count);
}

int64_t OperationCount(const ConvNeXtConfig& config, const ImageSize& size) {
  int64_t operations = 0;
  ForEachLayer(DescribeNetwork(config), [&](const LayerSpec& layer) {
    if (layer.type == LayerType::kLayerNorm || layer.type == LayerType::kLayerScale) return;
    operations += 2 * static_cast<int64_t>(ElementCount(WeightOf(layer).shape).value_or(0)) * PixelsOf(layer, size);
  });
  return operations;
}

Status CheckConfig(const ConvNeXtConfig& config) {
  CONVNEXT_RETURN_IF_ERROR(CheckRange("depths", config.depths, 1, kMaxDepth));
  CONVNEXT_RETURN_IF_ERROR(CheckRange("dims", config.dims, 1, kMaxWidth));
  const int64_t classes = config.num_classes, hidden = config.head_hidden_size;
  CONVNEXT_RETURN_IF_ERROR(CheckRange("num_classes", std::span(&classes, 1), 0, kMaxClasses));
  CONVNEXT_RETURN_IF_ERROR(CheckRange("head_hidden_size", std::span(&hidden, 1), 0, kMaxWidth));
  if (const int64_t count = ParameterCount(config); count > kMaxParameters) {
    return Invalid("depths {} and dims {} make {} parameters; at most {} are supported", ShapeText(config.depths),
                   ShapeText(config.dims), count, kMaxParameters);
  }
  return {};
}

}  // namespace convnext
