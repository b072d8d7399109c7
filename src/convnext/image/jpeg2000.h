// What must be known of a JPEG 2000 before OpenJPEG takes memory for it.
#pragma once

#include <span>

#include "convnext/base/base.h"

namespace convnext {

struct Jpeg2000Size {
  int64_t width = 0, height = 0;
  int64_t tile_width = 0, tile_height = 0;
  int components = 0;
  bool boxed = false;  // a JP2 file, not a bare codestream
};

// Reads the SIZ segment at the beginning of the codestream.
Result<Jpeg2000Size> ReadJpeg2000Size(std::span<const std::byte> file);

}  // namespace convnext
