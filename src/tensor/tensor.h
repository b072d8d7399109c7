// Shapes with checked arithmetic, aligned storage, the layouts of pictures, and .npy files.
#pragma once

#include "tensor/layout.h"
#include "tensor/npy.h"
#include "tensor/shape.h"
#include "tensor/storage.h"
