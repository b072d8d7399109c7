// The compressed pixels of a frame of a GIF.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "convnext/base/base.h"

namespace convnext {

// Colour numbers [height, width]. `data` begins with the size of the first code; its blocks of bytes follow. kInvalid
// where they end before the picture does, or make no sense.
Result<std::vector<uint8_t>> ReadGifPixels(std::span<const std::byte> data, size_t width, size_t height,
                                           bool interlaced);

}  // namespace convnext
