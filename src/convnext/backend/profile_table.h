#pragma once

#include <optional>
#include <string>

#include "convnext/backend/profile.h"

namespace convnext {

// Where the time of forward passes of `images` pictures went: a line for each kind of layer in each stage with its
// milliseconds a picture (of all threads, divided by their number), share and GFLOP/s, and % of `peak` (operations a
// second).
std::string ProfileTable(const ForwardProfile& profile, int64_t images, std::optional<double> peak);

}  // namespace convnext
