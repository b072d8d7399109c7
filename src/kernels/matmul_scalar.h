// The definition of matmul and pack_matrix, in T = float or double.
#pragma once

#include <cmath>

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

template <class T>
void MatMulScalar(const MatMulArgs<T>& args) {
  for (int64_t column = 0; column < args.O; column += kScalarTile) {
    const T* strip = args.weight + column / kScalarTile * args.weight_strip_stride;
    for (int64_t row = 0; row < args.rows; ++row) {
      T* partial = args.partial + row * args.partial_stride + column;
      T sum[kScalarTile] = {};
      for (int64_t j = 0; args.accumulate && j < kScalarTile; ++j) sum[j] = partial[j];
      for (int64_t k = 0; k < args.K; ++k) {
        const T x = args.input[row * args.input_stride + k];
        for (int64_t j = 0; j < kScalarTile; ++j) sum[j] += x * strip[k * kScalarTile + j];
      }
      T* output = args.finish ? args.output + row * args.output_stride + column : partial;
      for (int64_t j = 0; j < kScalarTile; ++j)
        output[j] = args.finish ? Finish(args, row, column + j, sum[j]) : sum[j];
    }
  }
}

}  // namespace convnext
