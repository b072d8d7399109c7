// Stored tensors to the layouts that the kernels read.
#include "convnext/cpu/packed_weights.h"

namespace convnext {
namespace {

static_assert(kBlockKernel == kDepthwiseSize, "the kernels have one size of windows");

// Reads tensors until one fails; the first error stays. A tensor asked for after that is empty, and so is what is made
// of it: the loader looks at status() once, at the end.
template <class T>
class Loader {
 public:
  Loader(const ModelFile& file, const Products<T>& products, PackedPlace& place)
      : file_(file), products_(products), place_(place) {}
  const Status& status() const { return status_; }

  LayerNorm<T> LoadLayerNorm(const LayerSpec& layer) {
    return {layer.outputs, layer.eps, LoadVector(WeightOf(layer)), LoadVector(BiasOf(layer))};
  }

  Linear<T> LoadLinear(const LayerSpec& layer) {
    return PackLinear(layer, layer.inputs, [&] { return ReadWeights(WeightOf(layer).name); });
  }

  // Inputs in the order of NHWC pixels of `stride` elements.
  Linear<T> LoadPatchConvolution(const LayerSpec& layer, int64_t stride) {
    const int64_t window = layer.kernel * layer.kernel, inputs = window * stride;
    return PackLinear(layer, inputs, [&] {
      const AlignedVector<float> stored = ReadWeights(WeightOf(layer).name);
      AlignedVector<float> weight(static_cast<size_t>(layer.outputs * inputs), 0.0f);
      if (!stored.empty()) NchwToNhwc({layer.outputs, window, layer.inputs, stride}, stored.data(), weight.data());
      return weight;
    });
  }

  ConvNeXtBlock<T> LoadBlock(const BlockSpec& spec) {
    ConvNeXtBlock<T> block;
    block.conv_dw_weight = LoadDepthwise(spec.conv_dw);
    block.conv_dw_bias = LoadVector(BiasOf(spec.conv_dw));
    block.norm = LoadLayerNorm(spec.norm);
    block.fc1 = LoadLinear(spec.fc1);
    block.fc2 = LoadLinear(spec.fc2);
    block.gamma = LoadVector(WeightOf(spec.gamma));
    return block;
  }

  ConvNeXtStage<T> LoadStage(const StageSpec& spec) {
    ConvNeXtStage<T> stage;
    if (spec.downsample_norm) stage.downsample_norm = LoadLayerNorm(*spec.downsample_norm);
    if (const auto& conv = spec.downsample_conv)
      stage.downsample_conv = LoadPatchConvolution(*conv, products_.vectors->PaddedChannels(conv->inputs));
    for (const BlockSpec& block : spec.blocks) {
      if (status_.ok()) stage.blocks.push_back(LoadBlock(block));
    }
    return stage;
  }

 private:
  AlignedVector<float> ReadWeights(const std::string& name) {
    if (!status_.ok()) return {};
    auto tensor = ReadTensor(file_, name);
    if (tensor.ok()) return *std::move(tensor);
    status_ = tensor.status();
    return {};
  }

  AlignedVector<T> LoadVector(const NamedShape& tensor) {
    const AlignedVector<float> stored = ReadWeights(tensor.name);
    AlignedVector<T> padded(static_cast<size_t>(products_.vectors->PaddedChannels(tensor.shape[0])), T(0));
    std::copy(stored.begin(), stored.end(), padded.begin());
    return padded;
  }

  // [C, 1, 7, 7] to [7, 7, C padded].
  AlignedVector<T> LoadDepthwise(const LayerSpec& layer) {
    const int64_t window = layer.kernel * layer.kernel, padded = products_.vectors->PaddedChannels(layer.outputs);
    const AlignedVector<float> stored = ReadWeights(WeightOf(layer).name);
    AlignedVector<T> weight(static_cast<size_t>(window * padded), T(0));
    if (!stored.empty()) NchwToNhwc({1, window, layer.outputs, padded}, stored.data(), weight.data());
    return weight;
  }

  // `read` gives the weights, [layer.outputs, inputs], if they are not packed already.
  template <class Read>
  Linear<T> PackLinear(const LayerSpec& layer, int64_t inputs, const Read& read) {
    Linear<T> linear{&products_, inputs, layer.outputs, layer.activation, {}, {}, LoadVector(BiasOf(layer))};
    if (!status_.ok()) return linear;
    const auto bytes = static_cast<size_t>(products_.layout.Bytes(layer.outputs, inputs));
    auto placed = place_.Place(bytes, linear.own_weight, [&](std::byte* packed) {
      const AlignedVector<float> weight = read();
      if (status_.ok()) products_.pack(weight.data(), layer.outputs, inputs, packed);
      return status_;
    });
    if (placed.ok())
      linear.weight = *placed;
    else
      status_ = placed.status();
    return linear;
  }

  const ModelFile& file_;
  const Products<T>& products_;
  PackedPlace& place_;
  Status status_;
};

}  // namespace

template <class T>
Result<ConvNeXt<T>> LoadConvNeXt(const ModelFile& file, const Products<T>& products, PackedPlace& place) {
  const NetworkSpec network = DescribeNetwork(file.config);
  Loader<T> load(file, products, place);
  ConvNeXt<T> model;
  model.config = file.config;
  model.products = &products;
  model.stem_conv = load.LoadPatchConvolution(network.stem_conv, network.stem_conv.inputs);
  model.stem_norm = load.LoadLayerNorm(network.stem_norm);
  for (size_t s = 0; s < 4; ++s) model.stages[s] = load.LoadStage(network.stages[s]);
  model.head_norm = load.LoadLayerNorm(network.head_norm);
  if (network.pre_logits) model.pre_logits = load.LoadLinear(*network.pre_logits);
  if (network.fc) model.fc = load.LoadLinear(*network.fc);
  if (!load.status().ok()) return load.status();
  return model;
}

template Result<ConvNeXt<float>> LoadConvNeXt(const ModelFile&, const Products<float>&, PackedPlace&);
template Result<ConvNeXt<double>> LoadConvNeXt(const ModelFile&, const Products<double>&, PackedPlace&);

}  // namespace convnext
