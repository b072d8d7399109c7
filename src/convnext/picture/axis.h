// The y axis of a chart: what it spans, where its ticks are, and how numbers are written on it.
#pragma once

#include <string>
#include <vector>

#include "convnext/picture/picture.h"

namespace convnext {

struct Axis {
  double low = 0, high = 1;  // low < high; above zero on a log scale
  bool log_scale = false;
  std::vector<double> ticks;  // ascending, within [low, high]
};

// Spans the chart's drawable values and its limit, and zero unless the scale is logarithmic.
Axis MakeAxis(const Chart& chart);

// Whether a value has a place on a chart: finite, less than 1e300 in size, and above zero on a log scale.
bool IsDrawable(double value, bool log_scale);

// Where a drawable value lies: 0 at the bottom of the axis, 1 at its top.
double PlaceOn(const Axis& axis, double value);

// Three digits, and what comes before the point in full up to a million: "0.5", "1250", "2.31e-5".
std::string NumberText(double value);

}  // namespace convnext
