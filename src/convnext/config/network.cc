// timm/models/convnext.py.
#include "convnext/config/network.h"

namespace convnext {
namespace {

constexpr int64_t kColors = 3;
constexpr int64_t kStemKernel = 4;
constexpr int64_t kDownsampleKernel = 2;
constexpr int64_t kMlpRatio = 4;

// The layers of one stage, or of the head.
class LayerMaker {
 public:
  LayerMaker(const ConvNeXtConfig& config, std::optional<int> stage) : config_(config), stage_(stage) {}

  LayerSpec Convolution(const std::string& name, int64_t inputs, int64_t outputs, int64_t kernel) const {
    LayerSpec layer = Layer(LayerType::kConvolution, name, inputs, outputs);
    layer.kernel = kernel;
    return layer;
  }

  LayerSpec Depthwise(const std::string& name, int64_t channels) const {
    LayerSpec layer = Layer(LayerType::kDepthwise, name, channels, channels);
    layer.kernel = kBlockKernel;
    return layer;
  }

  LayerSpec Norm(const std::string& name, int64_t channels) const {
    LayerSpec layer = Layer(LayerType::kLayerNorm, name, channels, channels);
    layer.eps = config_.layer_norm_eps;
    return layer;
  }

  LayerSpec Linear(const std::string& name, int64_t inputs, int64_t outputs,
                   Activation activation = Activation::kIdentity) const {
    LayerSpec layer = Layer(LayerType::kLinear, name, inputs, outputs);
    layer.activation = activation;
    return layer;
  }

  // ConvNeXtBlock.
  BlockSpec Block(const std::string& name, int64_t dim) const {
    const int64_t hidden = kMlpRatio * dim;
    return {name,
            Layer(LayerType::kLayerScale, name + ".gamma", dim, dim),
            Depthwise(name + ".conv_dw", dim),
            Norm(name + ".norm", dim),
            Linear(name + ".mlp.fc1", dim, hidden, config_.activation),
            Linear(name + ".mlp.fc2", hidden, dim)};
  }

 private:
  LayerSpec Layer(LayerType type, const std::string& name, int64_t inputs, int64_t outputs) const {
    LayerSpec layer;
    layer.type = type;
    layer.name = name;
    layer.inputs = inputs;
    layer.outputs = outputs;
    layer.stage = stage_;
    return layer;
  }

  const ConvNeXtConfig& config_;
  std::optional<int> stage_;
};

StageSpec DescribeStage(const ConvNeXtConfig& config, size_t s) {
  const LayerMaker make(config, static_cast<int>(s));
  const std::string name = fmt::format("stages.{}", s);
  StageSpec stage;
  if (s > 0) {
    const int64_t inputs = config.dims[s - 1];
    stage.downsample_norm = make.Norm(name + ".downsample.0", inputs);
    stage.downsample_conv = make.Convolution(name + ".downsample.1", inputs, config.dims[s], kDownsampleKernel);
  }
  for (int64_t b = 0; b < config.depths[s]; ++b)
    stage.blocks.push_back(make.Block(fmt::format("{}.blocks.{}", name, b), config.dims[s]));
  return stage;
}

// NormMlpClassifierHead.
void DescribeHead(const ConvNeXtConfig& config, NetworkSpec& network) {
  const LayerMaker make(config, std::nullopt);
  int64_t width = config.dims.back();
  network.head_norm = make.Norm("head.norm", width);
  if (const int64_t hidden = config.head_hidden_size; hidden > 0) {
    network.pre_logits = make.Linear("head.pre_logits.fc", width, hidden, Activation::kGelu);
    width = hidden;
  }
  if (config.num_classes > 0) network.fc = make.Linear("head.fc", width, config.num_classes);
}

}  // namespace

NetworkSpec DescribeNetwork(const ConvNeXtConfig& config) {
  NetworkSpec network;
  const LayerMaker stem(config, 0);
  network.stem_conv = stem.Convolution("stem.0", kColors, config.dims[0], kStemKernel);
  network.stem_norm = stem.Norm("stem.1", config.dims[0]);
  for (size_t s = 0; s < network.stages.size(); ++s) network.stages[s] = DescribeStage(config, s);
  DescribeHead(config, network);
  return network;
}

void ForEachLayer(const NetworkSpec& network, const std::function<void(const LayerSpec&)>& visit) {
  const auto visit_optional = [&visit](const std::optional<LayerSpec>& layer) {
    if (layer) visit(*layer);
  };
  visit(network.stem_conv);
  visit(network.stem_norm);
  for (const StageSpec& stage : network.stages) {
    visit_optional(stage.downsample_norm);
    visit_optional(stage.downsample_conv);
    for (const BlockSpec& block : stage.blocks) {
      for (const LayerSpec* layer : {&block.gamma, &block.conv_dw, &block.norm, &block.fc1, &block.fc2}) visit(*layer);
    }
  }
  visit(network.head_norm);
  visit_optional(network.pre_logits);
  visit_optional(network.fc);
}

NamedShape WeightOf(const LayerSpec& layer) {
  switch (layer.type) {
    case LayerType::kConvolution:
      return {layer.name + ".weight", {layer.outputs, layer.inputs, layer.kernel, layer.kernel}};
    case LayerType::kDepthwise:
      return {layer.name + ".weight", {layer.outputs, 1, layer.kernel, layer.kernel}};
    case LayerType::kLinear:
      return {layer.name + ".weight", {layer.outputs, layer.inputs}};
    case LayerType::kLayerNorm:
      return {layer.name + ".weight", {layer.outputs}};
    case LayerType::kLayerScale:
      break;
  }
  return {layer.name, {layer.outputs}};
}

bool HasBias(const LayerSpec& layer) { return layer.type != LayerType::kLayerScale; }
NamedShape BiasOf(const LayerSpec& layer) { return {layer.name + ".bias", {layer.outputs}}; }

}  // namespace convnext
