// The arithmetic of ConvNeXt as a table of plain functions over raw pointers. One table per SIMD target, and the scalar
// twins in float32 and float64, which define what each kernel means.
//
// Kernels cannot fail: the caller has checked all shapes. Rows of activations are padded: a row of C channels takes
// PaddedChannels(C) elements, of which those past C are zero on input and zero on output, so that no kernel has a tail.
#pragma once

#include <cstdint>
#include <vector>

#include "base/base.h"
#include "kernels/activation.h"
#include "tensor/tensor.h"

namespace convnext {

enum class Epilogue {
  kBias,               // y = c + bias
  kBiasGelu,           // y = GELU(c + bias), exact: 0.5 v (1 + erf(v / sqrt 2))
  kBiasScaleResidual,  // y = residual + scale * (c + bias): layer scale (arXiv:2103.17239) and shortcut
};

// C [rows, O] = A [rows, K] W [O, K]^T, then the epilogue. A long sum may be made in several calls, over parts of K:
// each adds to `partial`, and only the last one (`finish`) applies the epilogue and writes `output`.
template <class T>
struct MatMulArgs {
  int64_t rows = 0;
  int64_t K = 0;             // inputs in this call
  int64_t O = 0;             // outputs
  const T* input = nullptr;  // A, rows `input_stride` apart
  int64_t input_stride = 0;
  const T* weight = nullptr;        // from pack_matrix, at PackedOffset of the output and input where this call begins
  int64_t weight_strip_stride = 0;  // StripSize of the whole matrix
  T* partial = nullptr;             // [rows, O padded], rows `partial_stride` apart; may be the output itself
  int64_t partial_stride = 0;
  bool accumulate = false;  // partial already holds a sum
  bool finish = true;       // this call ends the sum
  Epilogue epilogue = Epilogue::kBias;
  const T* bias = nullptr;      // [O padded]
  const T* scale = nullptr;     // [O padded]
  const T* residual = nullptr;  // rows `output_stride` apart
  T* output = nullptr;
  int64_t output_stride = 0;
};

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
struct Kernels {
  const char* name;             // "AVX2", "SCALAR", ...
  Precision products;           // kBfloat16: both factors are rounded to it, their products summed in float32
  int64_t column_tile;          // rows are padded to a multiple of this
  int64_t row_tile;             // rows that a product takes at a time: fewer take nearly as long
  int64_t weights_per_element;  // of a packed matrix: 2 for bfloat16, neighbouring inputs of an output

  // W [O, K] row-major to strips of column_tile outputs: [O / column_tile][K][column_tile], zeros past O. For
  // bfloat16 [O / column_tile][K / 2][column_tile][2], zero past an odd K.
  void (*pack_matrix)(const float* weight, int64_t O, int64_t K, T* packed);
  void (*matmul)(const MatMulArgs<T>&);
  void (*depthwise)(const DepthwiseArgs<T>&);
  // (x - mean) / sqrt(variance + eps) * weight + bias over the channels of each row, two passes (arXiv:1607.06450).
  void (*layer_norm)(const LayerNormArgs<T>&);
  // [rows, channels] to the mean row, one row after the other; `channels` is padded.
  void (*mean_rows)(const T* input, int64_t rows, int64_t channels, T* output);
  // Multiply-adds in registers and nothing else, `rounds` times a few: what a core can do at most. Returns how many
  // multiplications and additions they were; `sink` is read and written, so that no compiler leaves them out.
  int64_t (*multiply_adds)(int64_t rounds, T* sink);

  int64_t PaddedChannels(int64_t channels) const { return RoundUp(channels, column_tile); }
  // In elements: a strip of a packed matrix with K inputs, a packed matrix, and where output `o` and input `k` begin in
  // it (multiples of column_tile and of weights_per_element).
  int64_t StripSize(int64_t K) const { return DivideUp(K, weights_per_element) * column_tile; }
  int64_t PackedSize(int64_t O, int64_t K) const { return PaddedChannels(O) / column_tile * StripSize(K); }
  int64_t PackedOffset(int64_t o, int64_t k, int64_t K) const {
    return o / column_tile * StripSize(K) + k / weights_per_element * column_tile;
  }
};

// The table that is best for this CPU.
const Kernels<float>& BestKernels();
// Every table with these products that this CPU can run, the best first, the scalar twins last. Products in bfloat16
// are instructions in AVX3_BF16; elsewhere values are rounded to bfloat16 and multiplied as float32, which gives the
// same up to the order of rounding and is not faster than float32.
std::vector<const Kernels<float>*> AllKernels(Precision products = Precision::kFloat32);
// The scalar twins in float64: the reference.
const Kernels<double>& ReferenceKernels();

// Multiplications and additions a second that the threads of `pool` can do at most: the best of many short tries within
// `seconds`.
template <class T>
double MeasurePeak(const Kernels<T>& kernels, ThreadPool& pool, double seconds);

}  // namespace convnext
