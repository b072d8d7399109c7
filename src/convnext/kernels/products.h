// Products of activations and weights, as a table: how weights are packed and what multiplies them. The packed bytes
// are the table's own, and so is what it multiplies and sums in; its inputs, what it has summed when a call ends, and
// its outputs are T, the activations' type. So one forward pass does with any of them.
//
// A table may round its inputs first, as those of bfloat16 do: within the call, a block of rows and inputs at a time.
#pragma once

#include <cstddef>
#include <cstdint>

#include "convnext/kernels/vectors.h"

namespace convnext {

enum class Epilogue {
  kBias,               // y = c + bias
  kBiasGelu,           // y = GELU(c + bias), exact: 0.5 v (1 + erf(v / sqrt 2))
  kBiasScaleResidual,  // y = residual + scale * (c + bias): layer scale (arXiv:2103.17239) and shortcut
};

// Where the weights of a packed matrix [O, K] lie: in strips of column_tile outputs, zeros past O. A strip begins with
// what the table keeps for each of its outputs (a scale), if anything; then its weights follow,
// [K / input_group][column_tile][input_group], zeros past K.
struct PackedLayout {
  int64_t column_tile;       // outputs of a strip
  int64_t input_group;       // neighbouring inputs of an output that are multiplied together: 2 for bfloat16
  int64_t weight_bytes;      // of a weight
  int64_t output_bytes = 0;  // of what is kept for an output

  // From the beginning of a strip to the weights of input `k`, a multiple of input_group, and to its end.
  constexpr int64_t InputOffset(int64_t k) const { return column_tile * (output_bytes + k * weight_bytes); }
  constexpr int64_t StripBytes(int64_t K) const { return InputOffset(RoundUp(K, input_group)); }
  constexpr int64_t Bytes(int64_t O, int64_t K) const { return DivideUp(O, column_tile) * StripBytes(K); }
  // From the beginning of the matrix to the strip that begins with output `o`, a multiple of column_tile.
  constexpr int64_t StripOffset(int64_t o, int64_t K) const { return o / column_tile * StripBytes(K); }
  // To the weight of any output and input.
  constexpr int64_t Offset(int64_t o, int64_t k, int64_t K) const {
    const int64_t in_group = o % column_tile * input_group + k % input_group;
    return StripOffset(o, K) + InputOffset(k - k % input_group) + in_group * weight_bytes;
  }
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
  const std::byte* weight = nullptr;  // packed, from the strip (PackedLayout) of the first output on
  int64_t weight_inputs = 0;          // inputs of the whole packed matrix
  int64_t first_input = 0;            // of them, where this call begins: a multiple of input_group
  T* partial = nullptr;               // [rows, O padded], rows `partial_stride` apart; may be the output itself
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

template <class T>
struct Products {
  const char* name;           // "AVX2", "AVX3_BF16", "SCALAR", ...
  Precision precision;        // kBfloat16: both factors are rounded to it, their products summed in float32
  const Vectors<T>* vectors;  // of the same target: what pads the rows that are multiplied
  PackedLayout layout;
  int64_t row_tile;  // rows that a product takes at a time: fewer take nearly as long

  // W [O, K] row-major to layout.Bytes(O, K) at kAlignment.
  void (*pack)(const float* weight, int64_t O, int64_t K, std::byte* packed);
  void (*matmul)(const MatMulArgs<T>&);
  // Multiply-adds in registers and nothing else, `rounds` times a few: what a core can do at most. Returns how many
  // multiplications and additions they were; `sink` is read and written, so that no compiler leaves them out.
  int64_t (*multiply_adds)(int64_t rounds, T* sink);
};

}  // namespace convnext
