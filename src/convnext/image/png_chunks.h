// The chunks of a PNG file (https://www.w3.org/TR/png-3/#5Chunk-layout), walked as Pillow's PngImagePlugin.py does.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "convnext/base/base.h"

namespace convnext {

// The parts of a PNG file that make its pixels; the spans lie within the file.
struct PngParts {
  uint32_t width = 0, height = 0;
  int bit_depth = 0;
  int colour_type = 0;
  std::span<const std::byte> header;               // the data of IHDR, 13 bytes
  std::span<const std::byte> palette;              // the data of PLTE
  std::vector<std::span<const std::byte>> pixels;  // the data of the IDATs; the last one may be cut short
  std::span<const std::byte> exif;                 // of the chunk eXIf
  std::string_view xmp;                            // of an iTXt
  bool animated = false;
  bool pixels_damaged = false;  // the checksum of an IDAT is wrong
};

// Pillow's rules: before the pixels every checksum is verified, within them none; a chunk that the file does not hold
// to its end is an error, except among the pixels, where the decoder tells whether enough of them is there.
Result<PngParts> ReadPngChunks(std::span<const std::byte> file);

// A whole PNG of just these parts, in memory. Its checksums are zeros.
std::vector<std::byte> MakePng(const PngParts& parts);

}  // namespace convnext
