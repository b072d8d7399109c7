// The definition of matmul and pack, in T = float or double.
#pragma once

#include <cmath>

#include "convnext/kernels/bfloat16.h"
#include "convnext/kernels/products.h"

namespace convnext {

inline constexpr int64_t kScalarTile = 8;

// GELU as PyTorch's nn.GELU() (approximate='none'; arXiv:1606.08415).
template <class T>
T GeluScalar(T v) {
  return T(0.5) * v * (T(1) + std::erf(v * T(0.70710678118654752440)));
}

// How the products lay out their weights: as T, or as pairs of bfloat16 (Bfloat16Pair).
template <class T>
constexpr PackedLayout PlainLayout(int64_t column_tile) {
  return {column_tile, 1, sizeof(T)};
}
constexpr PackedLayout Bfloat16Layout(int64_t column_tile) { return {column_tile, 2, sizeof(uint16_t)}; }

// Packed bytes as the elements that a table has put there: kAlignment and PackedLayout keep them aligned.
template <class Element>
const Element* Elements(const std::byte* packed) {
  return static_cast<const Element*>(static_cast<const void*>(packed));
}

template <class T>
void PackMatrix(const float* weight, int64_t O, int64_t K, int64_t tile, std::byte* bytes) {
  T* packed = static_cast<T*>(static_cast<void*>(bytes));
  for (int64_t strip = 0; strip < O; strip += tile) {
    for (int64_t k = 0; k < K; ++k) {
      for (int64_t j = 0; j < tile; ++j) *packed++ = strip + j < O ? T(weight[(strip + j) * K + k]) : T(0);
    }
  }
}

inline void PackBfloat16Matrix(const float* weight, int64_t O, int64_t K, int64_t tile, std::byte* bytes) {
  auto* packed = static_cast<uint32_t*>(static_cast<void*>(bytes));
  for (int64_t strip = 0; strip < O; strip += tile) {
    for (int64_t k = 0; k < K; k += 2) {
      for (int64_t j = 0; j < tile; ++j) {
        const float* w = weight + (strip + j) * K + k;
        const float first = strip + j < O ? w[0] : 0.0f, second = strip + j < O && k + 1 < K ? w[1] : 0.0f;
        *packed++ = Bfloat16Pair(first, second);
      }
    }
  }
}

template <class T>
T Finish(const MatMulArgs<T>& args, int64_t row, int64_t column, T sum) {
  const T v = sum + args.bias[column];
  switch (args.epilogue) {
    case Epilogue::kBias:
      return v;
    case Epilogue::kBiasGelu:
      return GeluScalar(v);
    case Epilogue::kBiasScaleResidual:
      return args.residual[row * args.output_stride + column] + args.scale[column] * v;
  }
  return v;
}

// Reads the operands of a product: weight (k, j) of a strip, from its first_input on, and an input as it is multiplied.
template <class T>
struct PlainOperands {
  using Element = T;
  static constexpr PackedLayout kLayout = PlainLayout<T>(kScalarTile);
  static T Weight(const T* strip, int64_t k, int64_t j) { return strip[k * kScalarTile + j]; }
  static T Input(T x) { return x; }
};

struct Bfloat16Operands {
  using Element = uint32_t;  // a pair
  static constexpr PackedLayout kLayout = Bfloat16Layout(kScalarTile);
  static float Weight(const uint32_t* strip, int64_t k, int64_t j) {
    const uint32_t pair = strip[k / 2 * kScalarTile + j];
    return FromBfloat16(static_cast<uint16_t>(k % 2 == 0 ? pair : pair >> 16));
  }
  static float Input(float x) { return FromBfloat16(ToBfloat16(x)); }
};

template <class T, class Operands = PlainOperands<T>>
void MatMulScalar(const MatMulArgs<T>& args) {
  constexpr PackedLayout kLayout = Operands::kLayout;
  for (int64_t column = 0; column < args.O; column += kScalarTile) {
    const auto* strip = Elements<typename Operands::Element>(
        args.weight + kLayout.StripOffset(column, args.weight_inputs) + kLayout.InputOffset(args.first_input));
    for (int64_t row = 0; row < args.rows; ++row) {
      T* partial = args.partial + row * args.partial_stride + column;
      T sum[kScalarTile] = {};
      for (int64_t j = 0; args.accumulate && j < kScalarTile; ++j) sum[j] = partial[j];
      for (int64_t k = 0; k < args.K; ++k) {
        const T x = Operands::Input(args.input[row * args.input_stride + k]);
        for (int64_t j = 0; j < kScalarTile; ++j) sum[j] += x * Operands::Weight(strip, k, j);
      }
      T* output = args.finish ? args.output + row * args.output_stride + column : partial;
      for (int64_t j = 0; j < kScalarTile; ++j)
        output[j] = args.finish ? Finish(args, row, column + j, sum[j]) : sum[j];
    }
  }
}

}  // namespace convnext
