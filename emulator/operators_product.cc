// Matrix products, by OpenBLAS.
#include <cblas.h>
#include <fmt/format.h>

#include "operators.h"

namespace ascend_emulator {
namespace {

struct Matrix {
  const float* data;
  int64_t rows, columns;  // of what is multiplied
  bool transposed = false;
};

// out = alpha * a b + beta * out.
void Multiply(const Matrix& a, const Matrix& b, float alpha, float beta, float* out) {
  const auto M = static_cast<blasint>(a.rows), K = static_cast<blasint>(a.columns), N = static_cast<blasint>(b.columns);
  cblas_sgemm(CblasRowMajor, a.transposed ? CblasTrans : CblasNoTrans, b.transposed ? CblasTrans : CblasNoTrans, M, N,
              K, alpha, a.data, a.transposed ? M : K, b.data, b.transposed ? K : N, beta, out, N);
}

Dims OuterDims(const Dims& dims) { return {dims.begin(), dims.end() - 2}; }

void MultiplyEach(const Tensor& a, const Tensor& b, const Dims& outer, std::vector<float>& values) {
  const int64_t M = a.dims.end()[-2], K = a.dims.back(), N = b.dims.back();
  const Walk walk{outer, {BroadcastStrides(OuterDims(a.dims), outer), BroadcastStrides(OuterDims(b.dims), outer)}};
  ForEachRow(walk, [&](int64_t index, int64_t i, int64_t j, int64_t length, int64_t di, int64_t dj) {
    for (int64_t k = 0; k < length; ++k) {
      const Matrix x{a.floats->data() + (i + k * di) * M * K, M, K}, y{b.floats->data() + (j + k * dj) * K * N, K, N};
      Multiply(x, y, 1, 0, values.data() + (index + k) * M * N);
    }
  });
}

// C of a Gemm, broadcast to all of out.
void Fill(const Tensor& c, const Dims& dims, std::vector<float>& values) {
  const float* from = c.floats->data();
  float* to = values.data();
  const Dims strides = BroadcastStrides(c.dims, dims);
  ForEachRow({dims, {strides, strides}}, [=](int64_t index, int64_t i, int64_t, int64_t length, int64_t di, int64_t) {
    for (int64_t k = 0; k < length; ++k) to[index + k] = from[i + k * di];
  });
}

}  // namespace

std::string MatMul(const Arguments& arguments, Tensor& output) {
  const Tensor &a = *arguments.inputs[0], &b = *arguments.inputs[1];
  const bool matrices = !a.integer && !b.integer && a.dims.size() >= 2 && b.dims.size() >= 2;
  const auto outer = matrices ? BroadcastDims(OuterDims(a.dims), OuterDims(b.dims)) : std::nullopt;
  if (!outer || a.dims.back() != b.dims.end()[-2])
    return fmt::format("{} and {} cannot be multiplied", Text(a.dims), Text(b.dims));
  Dims dims = *outer;
  dims.insert(dims.end(), {a.dims.end()[-2], b.dims.back()});
  std::vector<float>* values = nullptr;
  if (std::string error = MakeOutput(arguments, dims, output, values); !error.empty() || values == nullptr)
    return error;
  if (b.dims.size() == 2) {  // one product for all rows
    const int64_t K = b.dims[0];
    Multiply({a.floats->data(), a.Count() / K, K}, {b.floats->data(), K, b.dims[1]}, 1, 0, values->data());
  } else {
    MultiplyEach(a, b, *outer, *values);
  }
  return "";
}

std::string Gemm(const Arguments& arguments, Tensor& output) {
  const Tensor &a = *arguments.inputs[0], &b = *arguments.inputs[1];
  const Tensor* c = arguments.inputs.size() > 2 ? arguments.inputs[2] : nullptr;
  if (a.integer || b.integer || a.dims.size() != 2 || b.dims.size() != 2) return "its inputs are not two matrices";
  const bool a_turned = arguments.node.Integer("transA", 0) != 0, b_turned = arguments.node.Integer("transB", 0) != 0;
  const int64_t M = a.dims[a_turned ? 1 : 0], K = a.dims[a_turned ? 0 : 1], N = b.dims[b_turned ? 0 : 1];
  const Dims dims = {M, N};
  if (b.dims[b_turned ? 1 : 0] != K) return fmt::format("{} and {} cannot be multiplied", Text(a.dims), Text(b.dims));
  if (c != nullptr && (c->integer || BroadcastDims(c->dims, dims) != dims))
    return fmt::format("{} cannot be added to {}", Text(c->dims), Text(dims));
  std::vector<float>* values = nullptr;
  if (std::string error = MakeOutput(arguments, dims, output, values); !error.empty() || values == nullptr)
    return error;
  if (c != nullptr) Fill(*c, dims, *values);
  Multiply({a.floats->data(), M, K, a_turned}, {b.floats->data(), K, N, b_turned}, arguments.node.Float("alpha", 1),
           c != nullptr ? arguments.node.Float("beta", 1) : 0, values->data());
  return "";
}

}  // namespace ascend_emulator
