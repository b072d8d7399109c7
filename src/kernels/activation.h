// The activations of timm's ConvNeXt (timm/layers/create_act.py). GELU, the default, is part of a product
// (kernels.h: Epilogue::kBiasGelu); the others are applied to its result.
#pragma once

#include <span>

namespace convnext {

enum class Activation {
  kGelu,
  kGeluTanh,
  kQuickGelu,
  kSilu,
  kMish,
  kRelu,
  kRelu6,
  kLeakyRelu,
  kElu,  // also CELU: both with alpha = 1
  kSelu,
  kSigmoid,
  kTanh,
  kHardSigmoid,
  kHardSwish,
  kHardMish,
  kIdentity,
};

// T = float or double.
template <class T>
void ApplyActivation(Activation activation, std::span<T> values);

}  // namespace convnext
