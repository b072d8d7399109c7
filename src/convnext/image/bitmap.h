// The device-independent bitmaps of Windows: what follows the file header of a BMP, and what most icons hold.
#pragma once

#include "convnext/image/raster.h"

namespace convnext {

struct Bitmap {
  int64_t width = 0, height = 0;
  bool top_down = false;
  int bits = 0;              // of a pixel: 1, 4, 8, 16, 24 or 32
  uint32_t compression = 0;  // 0: none, 1: runs of bytes, 2: runs of half bytes, 3: none, with masks
  Palette palette = {};      // for up to 8 bits
  bool six_green = false;    // for 16 bits
  Colour bytes = {2, 1, 0};  // for 24 and 32 bits: which bytes of a pixel are red, green and blue
  size_t pixels_place = 0;   // where in the file
};

// Reads the header at `place` of a file. The pixels are at `pixels_place`, or, where that is 0, behind the header and
// what belongs to it.
Result<Bitmap> ReadBitmapHeader(std::span<const std::byte> file, size_t place, size_t pixels_place);

// Its pixels. CheckSize must have let its size pass.
Result<DecodedImage> ReadBitmapPixels(std::span<const std::byte> file, const Bitmap& bitmap, std::string_view format);

// The colour numbers of run-length encoded pixels, [height, width] in the order of the file; kInvalid where they end
// early.
Result<std::vector<uint8_t>> ReadBitmapRuns(std::span<const std::byte> file, const Bitmap& bitmap);

}  // namespace convnext
