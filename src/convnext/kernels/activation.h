// The activations of timm's ConvNeXt (timm/layers/create_act.py). GELU, the default, is part of a product
// (kernels.h: Epilogue::kBiasGelu); the others are applied to its result.
#pragma once

#include <span>

#include "convnext/tensor/tensor.h"

namespace convnext {

// T = float or double.
template <class T>
void ApplyActivation(Activation activation, std::span<T> values);

}  // namespace convnext
