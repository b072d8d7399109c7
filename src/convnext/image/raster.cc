#include "convnext/image/raster.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace convnext {
namespace {

// In steps of 1/64, as in Pillow's tables.
int Share(int sample, double weight) { return static_cast<int>(std::trunc((sample - 128) * weight * 64 + 0.5)); }

uint8_t ClipToByte(int value) { return static_cast<uint8_t>(std::clamp(value, 0, 255)); }

}  // namespace

DecodedImage BlackImage(int64_t width, int64_t height, std::string_view format) {
  DecodedImage image{{static_cast<int>(width), static_cast<int>(height), {}}, std::string(format), {}};
  image.pixels.data.resize(static_cast<size_t>(width) * static_cast<size_t>(height) * 3);
  return image;
}

std::span<uint8_t> Row(Pixels& pixels, size_t y) {
  const size_t size = static_cast<size_t>(pixels.width) * 3;
  return std::span(pixels.data).subspan(y * size, size);
}

void Colourize(std::span<const uint8_t> indices, const Palette& palette, std::span<uint8_t> row) {
  for (size_t x = 0; x < indices.size(); ++x) std::memcpy(&row[3 * x], palette[indices[x]].data(), 3);
}

void UnpackBits(std::span<const uint8_t> bytes, int bits, std::span<uint8_t> values) {
  const auto per_byte = static_cast<size_t>(8 / bits);
  for (size_t x = 0; x < values.size(); ++x) {
    const int shift = 8 - bits * static_cast<int>(x % per_byte + 1);
    values[x] = static_cast<uint8_t>(bytes[x / per_byte] >> shift & ((1 << bits) - 1));
  }
}

Colour ReadBlueFirst(ByteReader& reader) {
  const uint8_t blue = reader.Byte(), green = reader.Byte(), red = reader.Byte();
  return {red, green, blue};
}

Colour GreyColour(uint8_t shade) { return {shade, shade, shade}; }

Colour YcbcrToRgb(int y, int cb, int cr) {
  const int green = Share(cb, -0.34414) + Share(cr, -0.71414);
  return {ClipToByte(y + (Share(cr, 1.402) >> 6)), ClipToByte(y + (green >> 6)),
          ClipToByte(y + (Share(cb, 1.772) >> 6))};
}

Colour CmykToRgb(const uint8_t* samples) {
  const int light = 255 - samples[3];
  Colour colour;
  for (size_t i = 0; i < 3; ++i) {
    const int product = samples[i] * light + 128;
    colour[i] = static_cast<uint8_t>(std::max(0, light - (((product >> 8) + product) >> 8)));
  }
  return colour;
}

Colour UnpackColour16(uint16_t pixel, bool six_green) {
  const int green = six_green ? (pixel >> 5 & 63) * 255 / 63 : (pixel >> 5 & 31) * 255 / 31;
  const int red = (pixel >> (six_green ? 11 : 10) & 31) * 255 / 31;
  const int blue = (pixel & 31) * 255 / 31;
  return {static_cast<uint8_t>(red), static_cast<uint8_t>(green), static_cast<uint8_t>(blue)};
}

uint8_t ClippedGrey(int64_t value, bool& clipped) {
  clipped |= value > 255;
  return static_cast<uint8_t>(value < 0 ? 0 : value > 255 ? 255 : value);
}

Status Truncated(std::string_view format) {
  return Invalid("the {} is truncated: its data end before the picture does", format);
}

}  // namespace convnext
