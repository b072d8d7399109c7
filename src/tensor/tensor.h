// Shapes with checked arithmetic, aligned storage, and .npy files.
#pragma once

#include "tensor/npy.h"
#include "tensor/shape.h"
#include "tensor/storage.h"
