// The scalar twins: what each kernel means, without a thought for speed.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/kernels.h"
#include "kernels/matmul_scalar.h"

namespace convnext {
namespace {

template <class T>
void PackMatrixScalar(const float* weight, int64_t O, int64_t K, T* packed) {
  PackMatrix(weight, O, K, kScalarTile, packed);
}

template <class T>
void DepthwiseScalar(const DepthwiseArgs<T>& args) {
  for (int pixel = 0; pixel < kDepthwiseTile; ++pixel) {
    for (int64_t c = 0; c < args.channels; ++c) {
      T sum = args.bias[c];
      for (int y = 0; y < kDepthwiseSize; ++y) {
        for (int x = 0; x < kDepthwiseSize; ++x) {
          sum += args.weight[(y * kDepthwiseSize + x) * args.channels + c] * args.window[y][pixel + x][c];
        }
      }
      args.output[pixel][c] = sum;
    }
  }
}

template <class T>
void LayerNormScalar(const LayerNormArgs<T>& args) {
  for (int64_t row = 0; row < args.rows; ++row) {
    const T* x = args.input + row * args.stride;
    T* y = args.output + row * args.stride;
    T mean = 0, variance = 0;
    for (int64_t c = 0; c < args.channels; ++c) mean += x[c];
    mean /= T(args.channels);
    for (int64_t c = 0; c < args.channels; ++c) variance += (x[c] - mean) * (x[c] - mean);
    variance /= T(args.channels);
    const T scale = T(1) / std::sqrt(variance + T(args.eps));
    for (int64_t c = 0; c < args.channels; ++c) y[c] = (x[c] - mean) * scale * args.weight[c] + args.bias[c];
    for (int64_t c = args.channels; c < args.stride; ++c) y[c] = 0;
  }
}

template <class T>
void MeanRowsScalar(const T* input, int64_t rows, int64_t channels, T* output) {
  for (int64_t c = 0; c < channels; ++c) {
    T sum = 0;
    for (int64_t row = 0; row < rows; ++row) sum += input[row * channels + c];
    output[c] = sum / T(rows);
  }
}

template <class T>
int64_t MultiplyAddsScalar(int64_t rounds, T* sink) {
  constexpr int64_t kChains = 8;
  T sums[kChains];
  std::iota(std::begin(sums), std::end(sums), *sink);  // all different: equal ones would be computed once
  for (int64_t i = 0; i < rounds; ++i) {
    for (T& sum : sums) sum = sum * T(0.999) + *sink;
  }
  *sink = std::accumulate(std::begin(sums), std::end(sums), T(0));
  return rounds * kChains * 2;
}

void PackBfloat16MatrixScalar(const float* weight, int64_t O, int64_t K, float* packed) {
  PackBfloat16Matrix(weight, O, K, kScalarTile, packed);
}

template <class T>
constexpr Kernels<T> kScalarKernels = {"SCALAR",
                                       Precision::kFloat32,
                                       kScalarTile,
                                       1,
                                       1,
                                       PackMatrixScalar<T>,
                                       MatMulScalar<T>,
                                       DepthwiseScalar<T>,
                                       LayerNormScalar<T>,
                                       MeanRowsScalar<T>,
                                       MultiplyAddsScalar<T>};

constexpr Kernels<float> kScalarBfloat16Kernels = {"SCALAR",
                                                   Precision::kBfloat16,
                                                   kScalarTile,
                                                   1,
                                                   2,
                                                   PackBfloat16MatrixScalar,
                                                   MatMulScalar<float, Bfloat16Products>,
                                                   DepthwiseScalar<float>,
                                                   LayerNormScalar<float>,
                                                   MeanRowsScalar<float>,
                                                   MultiplyAddsScalar<float>};

}  // namespace

const Kernels<float>& ScalarBfloat16Kernels() { return kScalarBfloat16Kernels; }
const Kernels<float>& ScalarKernels() { return kScalarKernels<float>; }
const Kernels<double>& ReferenceKernels() { return kScalarKernels<double>; }

}  // namespace convnext
