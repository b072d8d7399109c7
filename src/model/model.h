// timm's ConvNeXt: its configuration, its layers, its weights by name, its forward pass.
#pragma once

#include "model/config.h"
#include "model/convnext.h"
#include "model/network.h"
#include "model/profile.h"
#include "model/synthetic.h"
#include "model/weights_binding.h"
