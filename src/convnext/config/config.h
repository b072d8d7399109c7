// The configs of timm and open_clip: a network of the ConvNeXt family with its layers, and how pictures are made ready
// for it.
#pragma once

#include "convnext/config/architectures.h"
#include "convnext/config/model_config.h"
#include "convnext/config/network.h"
