// Shapes with checked arithmetic, aligned storage, the layouts of pictures, number formats, and .npy files.
#pragma once

#include "tensor/layout.h"
#include "tensor/npy.h"
#include "tensor/precision.h"
#include "tensor/shape.h"
#include "tensor/storage.h"
