#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "convnext/base/base.h"

namespace convnext {

// Height and width in pixels.
struct ImageSize {
  int64_t height = 0;
  int64_t width = 0;
  bool operator==(const ImageSize&) const = default;
};
std::string ToString(const ImageSize& size);  // "256x192"
// "256" for both, or "256x192".
Result<ImageSize> ParseImageSize(std::string_view text, const Bounds<int64_t>& bounds);

}  // namespace convnext
