// Stored tensors to the layouts that the kernels read.
#include "model/convnext.h"

namespace convnext {
namespace {

// Reads tensors until one fails; the first error stays. A tensor asked for after that is empty, and so is what is made
// of it: the loader looks at status() once, at the end.
template <class T>
class Loader {
 public:
  Loader(const ModelFile& file, const Products<T>& products) : file_(file), products_(products) {}
  const Status& status() const { return status_; }

  LayerNorm<T> LoadLayerNorm(const std::string& name, int64_t channels) {
    return {channels, LoadVector(name + ".weight", channels), LoadVector(name + ".bias", channels)};
  }

  Linear<T> LoadLinear(const std::string& name, int64_t inputs, int64_t outputs) {
    return PackLinear(ReadWeights(name + ".weight"), name, inputs, outputs);
  }

  // A convolution [O, C, size, size] with stride `size`, its inputs in the order of NHWC pixels of `stride` elements.
  Linear<T> LoadPatchConvolution(const std::string& name, int64_t C, int64_t stride, int64_t size, int64_t outputs) {
    const AlignedVector<float> stored = ReadWeights(name + ".weight");
    const int64_t window = size * size, inputs = window * stride;
    AlignedVector<float> weight(static_cast<size_t>(outputs * inputs), 0.0f);
    if (!stored.empty()) NchwToNhwc({outputs, window, C, stride}, stored.data(), weight.data());
    return PackLinear(weight, name, inputs, outputs);
  }

  ConvNeXtBlock<T> LoadBlock(const std::string& name, int64_t C) {
    ConvNeXtBlock<T> block;
    block.conv_dw_weight = LoadDepthwise(name + ".conv_dw.weight", C);
    block.conv_dw_bias = LoadVector(name + ".conv_dw.bias", C);
    block.norm = LoadLayerNorm(name + ".norm", C);
    block.fc1 = LoadLinear(name + ".mlp.fc1", C, 4 * C);
    block.fc2 = LoadLinear(name + ".mlp.fc2", 4 * C, C);
    block.gamma = LoadVector(name + ".gamma", C);
    return block;
  }

 private:
  AlignedVector<float> ReadWeights(const std::string& name) {
    if (!status_.ok()) return {};
    auto tensor = ReadTensor(file_, name);
    if (tensor.ok()) return *std::move(tensor);
    status_ = tensor.status();
    return {};
  }

  AlignedVector<T> LoadVector(const std::string& name, int64_t size) {
    const AlignedVector<float> stored = ReadWeights(name);
    AlignedVector<T> padded(static_cast<size_t>(products_.vectors->PaddedChannels(size)), T(0));
    std::copy(stored.begin(), stored.end(), padded.begin());
    return padded;
  }

  // [C, 1, 7, 7] to [7, 7, C padded].
  AlignedVector<T> LoadDepthwise(const std::string& name, int64_t C) {
    constexpr int64_t kWindow = int64_t{kDepthwiseSize} * kDepthwiseSize;
    const AlignedVector<float> stored = ReadWeights(name);
    const int64_t padded = products_.vectors->PaddedChannels(C);
    AlignedVector<T> weight(static_cast<size_t>(kWindow * padded), T(0));
    if (!stored.empty()) NchwToNhwc({1, kWindow, C, padded}, stored.data(), weight.data());
    return weight;
  }

  Linear<T> PackLinear(const AlignedVector<float>& weight, const std::string& name, int64_t inputs, int64_t outputs) {
    Linear<T> linear{&products_, inputs, outputs, {}, LoadVector(name + ".bias", outputs)};
    if (!status_.ok()) return linear;
    linear.weight.resize(static_cast<size_t>(products_.layout.Bytes(outputs, inputs)));
    products_.pack(weight.data(), outputs, inputs, linear.weight.data());
    return linear;
  }

  const ModelFile& file_;
  const Products<T>& products_;
  Status status_;
};

}  // namespace

template <class T>
Result<ConvNeXt<T>> LoadConvNeXt(const ModelFile& file, const Products<T>& products) {
  const ConvNeXtConfig& config = file.config;
  const auto& dims = config.dims;
  Loader<T> load(file, products);
  ConvNeXt<T> model;
  model.config = config;
  model.normalization = MakeNormalizationTable(config.preprocessing);
  model.products = &products;
  model.stem_conv = load.LoadPatchConvolution("stem.0", 3, 3, 4, dims[0]);
  model.stem_norm = load.LoadLayerNorm("stem.1", dims[0]);
  for (size_t s = 0; s < 4; ++s) {
    const std::string name = fmt::format("stages.{}", s);
    if (s > 0) {
      const int64_t C = dims[s - 1];
      model.stages[s].downsample_norm = load.LoadLayerNorm(name + ".downsample.0", C);
      model.stages[s].downsample_conv =
          load.LoadPatchConvolution(name + ".downsample.1", C, products.vectors->PaddedChannels(C), 2, dims[s]);
    }
    for (int64_t b = 0; b < config.depths[s]; ++b) {
      model.stages[s].blocks.push_back(load.LoadBlock(fmt::format("{}.blocks.{}", name, b), dims[s]));
      if (!load.status().ok()) return load.status();
    }
  }
  model.head_norm = load.LoadLayerNorm("head.norm", dims[3]);
  const int64_t hidden = config.head_hidden_size;
  if (hidden > 0) model.pre_logits = load.LoadLinear("head.pre_logits.fc", dims[3], hidden);
  if (config.num_classes > 0) model.fc = load.LoadLinear("head.fc", hidden > 0 ? hidden : dims[3], config.num_classes);
  if (!load.status().ok()) return load.status();
  return model;
}

template Result<ConvNeXt<float>> LoadConvNeXt(const ModelFile&, const Products<float>&);
template Result<ConvNeXt<double>> LoadConvNeXt(const ModelFile&, const Products<double>&);

}  // namespace convnext
