// Shapes with checked arithmetic, aligned storage, number formats, and .npy files.
#pragma once

#include "tensor/npy.h"
#include "tensor/precision.h"
#include "tensor/shape.h"
#include "tensor/storage.h"
