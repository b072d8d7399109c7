// The scalar twins: what each kernel means, without a thought for speed.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "convnext/kernels/kernels.h"
#include "convnext/kernels/matmul_scalar.h"

namespace convnext {
namespace {

template <class T>
void PackMatrixScalar(const float* weight, int64_t O, int64_t K, std::byte* packed) {
  PackMatrix<T>(weight, O, K, kScalarTile, packed);
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

void PackBfloat16MatrixScalar(const float* weight, int64_t O, int64_t K, std::byte* packed) {
  PackBfloat16Matrix(weight, O, K, kScalarTile, packed);
}

template <class T>
constexpr Vectors<T> kScalarVectors = {"SCALAR", kScalarTile, DepthwiseScalar<T>, LayerNormScalar<T>,
                                       MeanRowsScalar<T>};

template <class T>
constexpr Products<T> kScalarProducts = {"SCALAR", Precision::kFloat32, &kScalarVectors<T>, PlainOperands<T>::kLayout,
                                         1,        PackMatrixScalar<T>, MatMulScalar<T>,    MultiplyAddsScalar<T>};

constexpr Products<float> kScalarBfloat16Products = {"SCALAR",
                                                     Precision::kBfloat16,
                                                     &kScalarVectors<float>,
                                                     Bfloat16Operands::kLayout,
                                                     1,
                                                     PackBfloat16MatrixScalar,
                                                     MatMulScalar<float, Bfloat16Operands>,
                                                     MultiplyAddsScalar<float>};

}  // namespace

const Products<float>& ScalarBfloat16Products() { return kScalarBfloat16Products; }
const Products<float>& ScalarProducts() { return kScalarProducts<float>; }
const Products<double>& ReferenceProducts() { return kScalarProducts<double>; }

}  // namespace convnext
