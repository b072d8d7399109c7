// What the decoders of the simple formats share: a picture to fill, palettes, words for what is wrong.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "convnext/image/byte_reader.h"
#include "convnext/image/decoders.h"

namespace convnext {

using Colour = std::array<uint8_t, 3>;  // red, green, blue
// Pillow takes colours that a palette lacks to be black.
using Palette = std::array<Colour, 256>;

// A black picture of a size that CheckSize has let pass.
DecodedImage BlackImage(int64_t width, int64_t height, std::string_view format);

// The row `y` of a picture.
std::span<uint8_t> Row(Pixels& pixels, size_t y);

// Sets the pixels of a row to palette[index].
void Colourize(std::span<const uint8_t> indices, const Palette& palette, std::span<uint8_t> row);

// Numbers of 1, 2, 4 or 8 bits, the first in the highest bits, one for each element of `values`. `bytes` has them all.
void UnpackBits(std::span<const uint8_t> bytes, int bits, std::span<uint8_t> values);

// A colour of three bytes: blue, green, red.
Colour ReadBlueFirst(ByteReader& reader);

Colour GreyColour(uint8_t shade);
// Pillow's conversion (libImaging/ConvertYCbCr.c).
Colour YcbcrToRgb(int y, int cb, int cr);

// Pillow's conversion of cyan, magenta, yellow and black (libImaging/Convert.c, cmyk2rgb).
Colour CmykToRgb(const uint8_t* samples);

// Pixels of 16 bits: 5 each of red, green and blue, the lowest blue; 6 of green where `six_green`.
Colour UnpackColour16(uint16_t pixel, bool six_green = false);

// Pillow's clipping of grey values that do not fit 8 bits. `clipped` is set where one was above 255.
uint8_t ClippedGrey(int64_t value, bool& clipped);
inline constexpr std::string_view kClipped =
    "values above 255 became 255, as Pillow does; convert it to 8 bits for its shades";

// "the BMP is truncated: its data end before the picture does"
Status Truncated(std::string_view format);

}  // namespace convnext
