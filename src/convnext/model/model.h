// timm's ConvNeXt in a checkpoint: where it lies and by which names, its tensors, synthetic weights.
#pragma once

#include "convnext/config/config.h"
#include "convnext/model/synthetic.h"
#include "convnext/model/weights_binding.h"
