#pragma once

#include "convnext/picture/canvas.h"
#include "convnext/picture/picture.h"

namespace convnext {

// Draws `chart` into `box`, its values in `colour`.
void DrawChart(const Canvas& canvas, const Chart& chart, const Box& box, Colour colour);

}  // namespace convnext
