// Operators that reduce: sums in double.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "operators.h"

namespace ascend_emulator {
namespace {

struct NormShape {
  int64_t rows = 1, size = 1;
};

void Normalize(const float* x, const NormShape& shape, double epsilon, const float* scale, const float* bias,
               float* out) {
  for (int64_t row = 0; row < shape.rows; ++row, x += shape.size, out += shape.size) {
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < shape.size; ++i) sum += x[i];
    const double mean = sum / static_cast<double>(shape.size);
    for (int64_t i = 0; i < shape.size; ++i) squares += (x[i] - mean) * (x[i] - mean);
    const double factor = 1 / std::sqrt(squares / static_cast<double>(shape.size) + epsilon);
    for (int64_t i = 0; i < shape.size; ++i) {
      const double value = (x[i] - mean) * factor * scale[i];
      out[i] = static_cast<float>(bias != nullptr ? value + bias[i] : value);
    }
  }
}

Dims ReducedDims(const Dims& dims, const std::vector<size_t>& axes, bool keep) {
  Dims reduced;
  size_t next = 0;
  for (size_t d = 0; d < dims.size(); ++d) {
    const bool gone = next < axes.size() && axes[next] == d;
    if (gone) ++next;
    if (!gone || keep) reduced.push_back(gone ? 1 : dims[d]);
  }
  return reduced;
}

void Mean(const Tensor& x, const Dims& kept, std::vector<float>& values) {
  std::vector<double> sums(values.size());
  double* out = sums.data();
  const float* in = x.floats->data();
  const Walk walk{x.dims, {ContiguousStrides(x.dims), BroadcastStrides(kept, x.dims)}};
  ForEachRow(walk, [=](int64_t, int64_t i, int64_t j, int64_t length, int64_t di, int64_t dj) {
    for (int64_t k = 0; k < length; ++k) out[j + k * dj] += in[i + k * di];
  });
  const auto count = static_cast<double>(x.floats->size() / values.size());
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(sums[i] / count);
}

void Maximum(const Tensor& x, const Dims& kept, std::vector<float>& values) {
  std::fill(values.begin(), values.end(), -std::numeric_limits<float>::infinity());
  float* out = values.data();
  const float* in = x.floats->data();
  const Walk walk{x.dims, {ContiguousStrides(x.dims), BroadcastStrides(kept, x.dims)}};
  ForEachRow(walk, [=](int64_t, int64_t i, int64_t j, int64_t length, int64_t di, int64_t dj) {
    for (int64_t k = 0; k < length; ++k) out[j + k * dj] = std::max(out[j + k * dj], in[i + k * di]);
  });
}

}  // namespace

std::string LayerNormalization(const Arguments& arguments, Tensor& output) {
  const Tensor &x = *arguments.inputs[0], &scale = *arguments.inputs[1];
  const Tensor* bias = arguments.inputs.size() > 2 ? arguments.inputs[2] : nullptr;
  const auto axis = Axis(arguments.node.Integer("axis", -1), x.dims.size());
  if (!axis) return "its axis is outside of " + Text(x.dims);
  const Dims normalized(x.dims.begin() + static_cast<std::ptrdiff_t>(*axis), x.dims.end());
  const bool fits = !x.integer && !scale.integer && scale.dims == normalized &&
                    (bias == nullptr || (!bias->integer && bias->dims == normalized));
  if (!fits) return fmt::format("scale or bias is not of shape {}", Text(normalized));
  std::vector<float>* values = nullptr;
  if (std::string error = MakeOutput(arguments, x.dims, output, values); !error.empty() || values == nullptr)
    return error;
  const int64_t size = scale.Count();
  Normalize(x.floats->data(), {x.Count() / size, size}, arguments.node.Float("epsilon", 1e-5f), scale.floats->data(),
            bias != nullptr ? bias->floats->data() : nullptr, values->data());
  return "";
}

std::string Reduce(const Arguments& arguments, Tensor& output) {
  const Tensor& x = *arguments.inputs[0];
  if (x.integer) return "the emulator computes this with floats only";
  std::vector<size_t> axes;
  if (std::string error = Axes(arguments, 1, x.dims.size(), axes); !error.empty()) return error;
  if (axes.empty() && arguments.node.Integer("noop_with_empty_axes", 0) != 0) return Identity(arguments, output);
  if (axes.empty()) {
    axes.resize(x.dims.size());
    std::iota(axes.begin(), axes.end(), size_t{0});
  }
  std::vector<float>* values = nullptr;
  const bool keep = arguments.node.Integer("keepdims", 1) != 0;
  if (std::string error = MakeOutput(arguments, ReducedDims(x.dims, axes, keep), output, values);
      !error.empty() || values == nullptr)
    return error;
  const auto reduce = arguments.node.type == "ReduceMax" ? Maximum : Mean;
  reduce(x, ReducedDims(x.dims, axes, true), *values);
  return "";
}

}  // namespace ascend_emulator
