// The activation functions of timm's ConvNeXt (timm/layers/create_act.py).
#pragma once

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

}  // namespace convnext
