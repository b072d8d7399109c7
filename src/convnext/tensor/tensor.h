// Shapes with checked arithmetic, aligned storage, the layouts of pictures and their normalisation, number formats,
// activations, and .npy files.
#pragma once

#include "convnext/tensor/activation.h"
#include "convnext/tensor/activations.h"
#include "convnext/tensor/half.h"
#include "convnext/tensor/image_size.h"
#include "convnext/tensor/layout.h"
#include "convnext/tensor/normalize.h"
#include "convnext/tensor/npy.h"
#include "convnext/tensor/precision.h"
#include "convnext/tensor/shape.h"
#include "convnext/tensor/storage.h"
