// Pictures that are computed, the same on every machine.
#pragma once

#include <optional>
#include <string>

#include "convnext/image/image.h"

namespace convnext {

// Pictures for evaluations where the user gives none: computed landscapes and still lifes, 256 to 400 pixels a side,
// wide, square and tall. A sky with a gradient, sun and clouds, ridges that fade into the haze, ground or water, and
// soft-edged boulders, bushes or fruit that are lit from the sun's side; all of them textured by value noise whose
// octaves halve in strength as they double in frequency (1/f), with a vignette, automatic contrast, and grain. Colours
// are rounded to 64 levels a channel, which keeps a PNG below 110 KB. Only IEEE basic operations and splitmix64 are
// used.
//
// Picture `index` (0, 1, ...) of the test set: the same pixels on every machine. Five scenes take turns; each index has
// its own seed. The last few are kept.
Pixels TestImage(int index);

// The index of the test image that has just these pixels, if it is one of the first kKnownTestImages.
inline constexpr int kKnownTestImages = 64;
std::optional<int> FindTestImage(const Pixels& pixels);

// Its PNG file bytes (the bytes may depend on libpng's and zlib's version, the pixels do not).
Result<std::string> TestImagePng(int index);

}  // namespace convnext
