// The tensors of a ConvNeXt: timm/models/convnext.py in the order of its state_dict.
#include <algorithm>

#include "model/config.h"

namespace convnext {
namespace {

constexpr int64_t kMaxDepth = 1000;
constexpr int64_t kMaxWidth = 65536;
constexpr int64_t kMaxClasses = 1'000'000;
constexpr int64_t kMaxParameters = 10'000'000'000;  // 40 GB; the largest published ConvNeXt has 0.85e9

class TensorList {
 public:
  void Add(const std::string& name, Shape shape) { tensors_.push_back({name, std::move(shape)}); }
  // A convolution, Linear or norm: its weight, and a bias for each of the `outputs`, the first dimension.
  void AddLayer(const std::string& name, const Shape& weight) {
    Add(name + ".weight", weight);
    Add(name + ".bias", {weight[0]});
  }
  // ConvNeXtBlock: MLP of ratio 4, layer scale `gamma`.
  void AddBlock(const std::string& name, int64_t dim) {
    Add(name + ".gamma", {dim});
    AddLayer(name + ".conv_dw", {dim, 1, 7, 7});
    AddLayer(name + ".norm", {dim});
    AddLayer(name + ".mlp.fc1", {4 * dim, dim});
    AddLayer(name + ".mlp.fc2", {dim, 4 * dim});
  }
  std::vector<NamedShape> Release() && { return std::move(tensors_); }

 private:
  std::vector<NamedShape> tensors_;
};

// How many output pixels the weights of that name are applied to: a stage halves the last one's sides, the head has
// one.
int64_t PixelsOf(std::string_view name, const ImageSize& size) {
  constexpr std::string_view kStages = "stages.";
  if (name.starts_with("head.")) return 1;
  const int stage = name.starts_with(kStages) ? name[kStages.size()] - '0' : 0;
  return (size.height / 4 >> stage) * (size.width / 4 >> stage);
}

Status CheckRange(std::string_view name, std::span<const int64_t> values, int64_t min, int64_t max) {
  if (std::all_of(values.begin(), values.end(), [&](int64_t value) { return value >= min && value <= max; })) return {};
  return Invalid("{}: got {}; expected {} to {}", name, ShapeText(values), min, max);
}

}  // namespace

std::vector<NamedShape> ExpectedTensors(const ConvNeXtConfig& config) {
  TensorList list;
  list.AddLayer("stem.0", {config.dims[0], 3, 4, 4});
  list.AddLayer("stem.1", {config.dims[0]});
  for (size_t s = 0; s < 4; ++s) {
    const std::string stage = fmt::format("stages.{}", s);
    if (s > 0) {
      list.AddLayer(stage + ".downsample.0", {config.dims[s - 1]});
      list.AddLayer(stage + ".downsample.1", {config.dims[s], config.dims[s - 1], 2, 2});
    }
    for (int64_t b = 0; b < config.depths[s]; ++b) list.AddBlock(fmt::format("{}.blocks.{}", stage, b), config.dims[s]);
  }
  list.AddLayer("head.norm", {config.dims[3]});
  const int64_t hidden = config.head_hidden_size;
  if (hidden > 0) list.AddLayer("head.pre_logits.fc", {hidden, config.dims[3]});
  if (config.num_classes > 0) list.AddLayer("head.fc", {config.num_classes, hidden > 0 ? hidden : config.dims[3]});
  return std::move(list).Release();
}

int64_t ParameterCount(const ConvNeXtConfig& config) {
  size_t count = 0;
  for (const NamedShape& tensor : ExpectedTensors(config)) count += ElementCount(tensor.shape).value_or(0);
  return static_cast<int64_t>(count);
}

int64_t OperationCount(const ConvNeXtConfig& config, const ImageSize& size) {
  int64_t operations = 0;
  for (const NamedShape& tensor : ExpectedTensors(config)) {
    if (tensor.shape.size() < 2) continue;  // biases, norms and layer scales
    operations += 2 * static_cast<int64_t>(ElementCount(tensor.shape).value_or(0)) * PixelsOf(tensor.name, size);
  }
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
