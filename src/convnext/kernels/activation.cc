#include "convnext/kernels/activation.h"

#include <algorithm>
#include <cmath>

#include "convnext/kernels/matmul_scalar.h"

namespace convnext {
namespace {

template <class T>
T Sigmoid(T x) {
  return T(1) / (T(1) + std::exp(-x));
}

// arXiv:1606.08415, the approximation by tanh.
template <class T>
T GeluTanh(T x) {
  constexpr T kRootOfTwoByPi = T(0.79788456080286535588);
  return T(0.5) * x * (T(1) + std::tanh(kRootOfTwoByPi * (x + T(0.044715) * x * x * x)));
}

// arXiv:1908.08681: x tanh(log(1 + exp x)). Beyond 20, log(1 + exp x) is x in PyTorch.
template <class T>
T Mish(T x) {
  return x * std::tanh(x > T(20) ? x : std::log1p(std::exp(x)));
}

template <class T>
T Elu(T x) {
  return x > T(0) ? x : std::expm1(x);
}

// arXiv:1706.02515.
template <class T>
T Selu(T x) {
  constexpr T kScale = T(1.0507009873554804934193), kAlpha = T(1.6732632423543772848170);
  return kScale * (x > T(0) ? x : kAlpha * std::expm1(x));
}

template <class T>
T HardSigmoid(T x) {
  return std::clamp(x + T(3), T(0), T(6)) / T(6);
}

template <class T, class Function>
void Apply(std::span<T> values, const Function& function) {
  for (T& value : values) value = function(value);
}

}  // namespace

template <class T>
void ApplyActivation(Activation activation, std::span<T> values) {
  switch (activation) {
    case Activation::kGelu:
      return Apply(values, GeluScalar<T>);
    case Activation::kGeluTanh:
      return Apply(values, GeluTanh<T>);
    case Activation::kQuickGelu:
      return Apply(values, [](T x) { return x * Sigmoid(T(1.702) * x); });
    case Activation::kSilu:
      return Apply(values, [](T x) { return x * Sigmoid(x); });
    case Activation::kMish:
      return Apply(values, Mish<T>);
    case Activation::kRelu:
      return Apply(values, [](T x) { return std::max(x, T(0)); });
    case Activation::kRelu6:
      return Apply(values, [](T x) { return std::clamp(x, T(0), T(6)); });
    case Activation::kLeakyRelu:
      return Apply(values, [](T x) { return x > T(0) ? x : T(0.01) * x; });
    case Activation::kElu:
      return Apply(values, Elu<T>);
    case Activation::kSelu:
      return Apply(values, Selu<T>);
    case Activation::kSigmoid:
      return Apply(values, Sigmoid<T>);
    case Activation::kTanh:
      return Apply(values, [](T x) { return std::tanh(x); });
    case Activation::kHardSigmoid:
      return Apply(values, HardSigmoid<T>);
    case Activation::kHardSwish:
      return Apply(values, [](T x) { return x * HardSigmoid(x); });
    case Activation::kHardMish:
      return Apply(values, [](T x) { return T(0.5) * x * std::clamp(x + T(2), T(0), T(2)); });
    case Activation::kIdentity:
      return;
  }
}

template void ApplyActivation<float>(Activation, std::span<float>);
template void ApplyActivation<double>(Activation, std::span<double>);

}  // namespace convnext
