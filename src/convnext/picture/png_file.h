// The PNG files of pictures (https://www.w3.org/TR/png-3/): 8-bit RGB without interlacing, two texts, nothing else.
#pragma once

#include <string>
#include <string_view>

#include "convnext/base/base.h"

namespace convnext {

struct PngFile {
  int width = 0, height = 0;
  std::string pixels;    // R, G, B; rows from the top, 3 * width bytes each
  std::string text;      // of the iTXt chunk "Description", UTF-8
  std::string software;  // of the tEXt chunk "Software", ASCII
};

constexpr size_t kMaxPngBytes = size_t{16} << 20, kMaxPngText = size_t{4} << 20, kMaxPngPixels = size_t{1} << 24;

constexpr std::string_view kTextKeyword = "Description", kSoftwareKeyword = "Software";
// The data of the chunks that never differ: perceptual sRGB; 7559 pixels per metre, which is 192 dpi, twice the usual.
constexpr std::string_view kSrgbChunk{"\0", 1}, kDensityChunk{"\0\0\x1d\x87\0\0\x1d\x87\1", 9};

Result<std::string> EncodePng(const PngFile& file);
Result<PngFile> DecodePng(std::string_view bytes);

}  // namespace convnext
