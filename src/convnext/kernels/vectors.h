// What happens to rows of activations between the products, as a table of plain functions. T is the activations' type:
// float, or double for the reference.
#pragma once

#include <cstdint>

#include "convnext/base/base.h"
#include "convnext/tensor/tensor.h"

namespace convnext {

// One row segment of a 7x7 depthwise convolution with padding 3: up to kDepthwiseTile neighbouring pixels.
inline constexpr int kDepthwiseSize = 7;
inline constexpr int kDepthwiseTile = 8;
template <class T>
struct DepthwiseArgs {
  int64_t channels = 0;  // padded
  // The input pixels under the kernel window: [row of the window][column], each [channels], zeros outside the picture.
  const T* window[kDepthwiseSize][kDepthwiseTile + kDepthwiseSize - 1];
  const T* weight = nullptr;  // [7, 7, channels]
  const T* bias = nullptr;    // [channels]
  T* output[kDepthwiseTile];  // each [channels]
};

template <class T>
struct LayerNormArgs {
  int64_t rows = 0;
  int64_t channels = 0;
  const T* input = nullptr;  // rows `stride` apart, as the output's
  int64_t stride = 0;
  const T* weight = nullptr;  // [channels padded]
  const T* bias = nullptr;
  double eps = 0;
  T* output = nullptr;  // may be the input
};

template <class T>
struct Vectors {
  const char* name;  // "AVX2", "SCALAR", ...
  int64_t
      channel_tile;  // rows are padded to a multiple of this, which is one of the column tile of all products beside

  void (*depthwise)(const DepthwiseArgs<T>&);
  // (x - mean) / sqrt(variance + eps) * weight + bias over the channels of each row, two passes (arXiv:1607.06450).
  void (*layer_norm)(const LayerNormArgs<T>&);
  // [rows, channels] to the mean row, one row after the other; `channels` is padded.
  void (*mean_rows)(const T* input, int64_t rows, int64_t channels, T* output);

  int64_t PaddedChannels(int64_t channels) const { return RoundUp(channels, channel_tile); }
};

}  // namespace convnext
