// The definition of matmul and pack_matrix, in T = float or double.
#pragma once

#include <cmath>

#include "kernels/bfloat16.h"
#include "kernels/kernels.h"

namespace convnext {

inline constexpr int64_t kScalarTile = 8;

// GELU as PyTorch's nn.GELU() (approximate='none'; arXiv:1606.08415).
template <class T>
T GeluScalar(T v) {
  return T(0.5) * v * (T(1) + std::erf(v * T(0.70710678118654752440)));
}

template <class T>
void PackMatrix(const float* weight, int64_t O, int64_t K, int64_t tile, T* packed) {
  for (int64_t strip = 0; strip < O; strip += tile) {
    for (int64_t k = 0; k < K; ++k) {
      for (int64_t j = 0; j < tile; ++j) *packed++ = strip + j < O ? T(weight[(strip + j) * K + k]) : T(0);
    }
  }
}

// The same for bfloat16: pairs of neighbouring inputs in the place of a float32.
inline void PackBfloat16Matrix(const float* weight, int64_t O, int64_t K, int64_t tile, float* packed) {
  for (int64_t strip = 0; strip < O; strip += tile) {
    for (int64_t k = 0; k < K; k += 2) {
      for (int64_t j = 0; j < tile; ++j) {
        const float* w = weight + (strip + j) * K + k;
        const float first = strip + j < O ? w[0] : 0.0f, second = strip + j < O && k + 1 < K ? w[1] : 0.0f;
        *packed++ = std::bit_cast<float>(Bfloat16Pair(first, second));
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

// Reads the operands of a product: weight (k, j) of a strip, and an input as it is multiplied.
template <class T>
struct PlainProducts {
  static T Weight(const T* strip, int64_t k, int64_t j) { return strip[k * kScalarTile + j]; }
  static T Input(T x) { return x; }
};

struct Bfloat16Products {
  static float Weight(const float* strip, int64_t k, int64_t j) {
    const auto pair = std::bit_cast<uint32_t>(strip[k / 2 * kScalarTile + j]);
    return FromBfloat16(static_cast<uint16_t>(k % 2 == 0 ? pair : pair >> 16));
  }
  static float Input(float x) { return FromBfloat16(ToBfloat16(x)); }
};

template <class T, class Products = PlainProducts<T>>
void MatMulScalar(const MatMulArgs<T>& args) {
  for (int64_t column = 0; column < args.O; column += kScalarTile) {
    const T* strip = args.weight + column / kScalarTile * args.weight_strip_stride;
    for (int64_t row = 0; row < args.rows; ++row) {
      T* partial = args.partial + row * args.partial_stride + column;
      T sum[kScalarTile] = {};
      for (int64_t j = 0; args.accumulate && j < kScalarTile; ++j) sum[j] = partial[j];
      for (int64_t k = 0; k < args.K; ++k) {
        const T x = Products::Input(args.input[row * args.input_stride + k]);
        for (int64_t j = 0; j < kScalarTile; ++j) sum[j] += x * Products::Weight(strip, k, j);
      }
      T* output = args.finish ? args.output + row * args.output_stride + column : partial;
      for (int64_t j = 0; j < kScalarTile; ++j)
        output[j] = args.finish ? Finish(args, row, column + j, sum[j]) : sum[j];
    }
  }
}

}  // namespace convnext
