#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string_view>
#include <vector>

#include "convnext/backend/backend.h"
#include "convnext/kernels/kernels.h"

namespace convnext {

// The weights as the kernels read them. T is the activations' type: float, or double for the reference.

template <class T>
struct Linear {  // also a convolution whose windows do not overlap: its window is one row of inputs
  const Products<T>* products = nullptr;  // what packed the weights, and alone can read them
  int64_t inputs = 0;
  int64_t outputs = 0;
  Activation activation = Activation::kIdentity;  // of the outputs
  std::span<const std::byte> weight;              // packed, in own_weight or in the model's packed_file
  AlignedVector<std::byte> own_weight;
  AlignedVector<T> bias;  // [outputs padded]
};

template <class T>
struct LayerNorm {
  int64_t channels = 0;
  double eps = 0;
  AlignedVector<T> weight;  // [channels padded]
  AlignedVector<T> bias;
};

template <class T>
struct ConvNeXtBlock {
  AlignedVector<T> conv_dw_weight;  // [7, 7, channels padded]
  AlignedVector<T> conv_dw_bias;    // [channels padded]
  LayerNorm<T> norm;
  Linear<T> fc1;           // C -> 4 C
  Linear<T> fc2;           // 4 C -> C
  AlignedVector<T> gamma;  // [channels padded]
};

template <class T>
struct ConvNeXtStage {
  // Halves height and width; absent in the first stage.
  std::optional<LayerNorm<T>> downsample_norm;
  std::optional<Linear<T>> downsample_conv;  // inputs: [2, 2, channels padded]
  std::vector<ConvNeXtBlock<T>> blocks;
};

template <class T>
struct ConvNeXt {
  ConvNeXtConfig config;
  NormalizationTable normalization = {};  // of 8-bit pictures
  const Products<T>* products = nullptr;
  Linear<T> stem_conv;  // inputs: [4, 4, 3]
  LayerNorm<T> stem_norm;
  std::array<ConvNeXtStage<T>, 4> stages;
  LayerNorm<T> head_norm;
  std::optional<Linear<T>> pre_logits;
  std::optional<Linear<T>> fc;
  std::shared_ptr<const MappedFile> packed_file;  // what weights lie in that are nobody's own (packed_weights.h)
};

// Reads, checks and packs the tensors of `file` one by one.
template <class T>
Result<ConvNeXt<T>> LoadConvNeXt(const ModelFile& file, const Products<T>& products);

// Memory that forward passes share; it grows to what the largest one needs.
template <class T>
struct Workspace {
  std::array<AlignedVector<T>, 2> activations;  // each layer reads one and writes the other
  std::vector<AlignedVector<T>> panels;         // one per thread
  std::array<AlignedVector<T>, 2> shared;       // normed and hidden activations of a block that is shared by columns
  AlignedVector<T> zeros;                       // one pixel outside the picture
};

// The forward pass. embeddings: [N, embedding_dim]. The result for an image does not depend on N, on its place in the
// batch or on the number of threads, to the last bit. `tap` may be empty. Tells where the time went. A stop that is
// requested ends it at the next layer: the embeddings are then not written.
template <class T>
ForwardProfile Forward(const ConvNeXt<T>& model, ThreadPool& pool, Workspace<T>& workspace, const ImageBatch& images,
                       std::span<T> embeddings, const Tap<T>& tap, const std::stop_token& stop = {});

}  // namespace convnext
