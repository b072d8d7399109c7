// Operators on each element, with broadcasting as in numpy.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "operators.h"

namespace ascend_emulator {
namespace {

template <class F>
void Apply(const Tensor& a, const Tensor& b, std::vector<float>& values, const Dims& dims, F f) {
  const float *x = a.floats->data(), *y = b.floats->data();
  float* out = values.data();
  const Walk walk{dims, {BroadcastStrides(a.dims, dims), BroadcastStrides(b.dims, dims)}};
  ForEachRow(walk, [=](int64_t index, int64_t i, int64_t j, int64_t length, int64_t di, int64_t dj) {
    if (di == 1 && dj == 1) {
      for (int64_t k = 0; k < length; ++k) out[index + k] = f(x[i + k], y[j + k]);
    } else if (di == 1 && dj == 0) {
      for (int64_t k = 0; k < length; ++k) out[index + k] = f(x[i + k], y[j]);
    } else {
      for (int64_t k = 0; k < length; ++k) out[index + k] = f(x[i + k * di], y[j + k * dj]);
    }
  });
}

void ApplyPow(const Tensor& a, const Tensor& b, std::vector<float>& values, const Dims& dims) {
  if (b.floats->size() == 1 && b.floats->front() == 2.0f) {
    Apply(a, b, values, dims, [](float x, float) { return x * x; });
  } else {
    Apply(a, b, values, dims, [](float x, float y) { return std::pow(x, y); });
  }
}

}  // namespace

std::string Binary(const Arguments& arguments, Tensor& output) {
  const Tensor &a = *arguments.inputs[0], &b = *arguments.inputs[1];
  if (a.integer || b.integer) return "the emulator computes this with floats only";
  auto dims = BroadcastDims(a.dims, b.dims);
  if (!dims) return fmt::format("shapes {} and {} do not broadcast", Text(a.dims), Text(b.dims));
  std::vector<float>* values = nullptr;
  if (std::string error = MakeOutput(arguments, *dims, output, values); !error.empty() || values == nullptr)
    return error;
  const std::string& type = arguments.node.type;
  if (type == "Add") Apply(a, b, *values, *dims, [](float x, float y) { return x + y; });
  if (type == "Sub") Apply(a, b, *values, *dims, [](float x, float y) { return x - y; });
  if (type == "Mul") Apply(a, b, *values, *dims, [](float x, float y) { return x * y; });
  if (type == "Div") Apply(a, b, *values, *dims, [](float x, float y) { return x / y; });
  if (type == "Pow") ApplyPow(a, b, *values, *dims);
  return "";
}

std::string Unary(const Arguments& arguments, Tensor& output) {
  const Tensor& x = *arguments.inputs[0];
  if (x.integer) return "the emulator computes this with floats only";
  std::vector<float>* values = nullptr;
  if (std::string error = MakeOutput(arguments, x.dims, output, values); !error.empty() || values == nullptr)
    return error;
  const auto apply = [&x, values](auto f) {
    for (size_t i = 0; i < values->size(); ++i) (*values)[i] = f((*x.floats)[i]);
  };
  const auto number = [&](const char* name, float otherwise) { return arguments.node.Float(name, otherwise); };
  const std::string& type = arguments.node.type;
  if (type == "Sqrt") apply([](float v) { return std::sqrt(v); });
  if (type == "Erf") apply([](float v) { return std::erf(v); });
  if (type == "Relu") apply([](float v) { return v < 0 ? 0.0f : v; });
  if (type == "Tanh") apply([](float v) { return std::tanh(v); });
  if (type == "Sigmoid") apply([](float v) { return 1 / (1 + std::exp(-v)); });
  if (type == "Softplus") apply([](float v) { return v > 20 ? v : std::log1p(std::exp(v)); });
  if (type == "LeakyRelu") apply([a = number("alpha", 0.01f)](float v) { return v < 0 ? a * v : v; });
  if (type == "Elu") apply([a = number("alpha", 1)](float v) { return v < 0 ? a * std::expm1(v) : v; });
  if (type == "Selu") {
    apply([a = number("alpha", 1.67326319f), g = number("gamma", 1.05070102f)](float v) {
      return g * (v < 0 ? a * std::expm1(v) : v);
    });
  }
  if (type == "HardSigmoid") {
    apply([a = number("alpha", 0.2f), b = number("beta", 0.5f)](float v) { return std::clamp(a * v + b, 0.0f, 1.0f); });
  }
  return "";
}

// Clip of opset 11 on: the limits are inputs.
std::string Clip(const Arguments& arguments, Tensor& output) {
  const Tensor& x = *arguments.inputs[0];
  for (const Tensor* input : arguments.inputs) {
    if (input == nullptr || input->integer || (input != &x && !input->dims.empty()))
      return "the emulator clips floats between two numbers only";
  }
  std::vector<float>* values = nullptr;
  if (std::string error = MakeOutput(arguments, x.dims, output, values); !error.empty() || values == nullptr)
    return error;
  const float least = arguments.inputs[1]->floats->front(), most = arguments.inputs[2]->floats->front();
  for (size_t i = 0; i < values->size(); ++i) (*values)[i] = std::min(std::max((*x.floats)[i], least), most);
  return "";
}

}  // namespace ascend_emulator
