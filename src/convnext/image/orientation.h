// The eight ways in which EXIF and XMP say that a picture is to be shown.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "convnext/image/image.h"

namespace convnext {

// The picture as it is to be shown, as PIL.ImageOps.exif_transpose. 1, and what is not 2 to 8, changes nothing.
Pixels Turn(Pixels pixels, int orientation);

// The orientation in the data of EXIF, with or without "Exif\0\0" before them; none where they do not say.
std::optional<int> OrientationOfExif(std::span<const std::byte> exif);

// The orientation in XMP, as Pillow looks for it.
std::optional<int> OrientationOfXmp(std::string_view xmp);

// What a picture with these data, either of which may be empty, asks for: EXIF first, as Pillow; 1 where neither says.
int FindOrientation(std::span<const std::byte> exif, std::string_view xmp);

}  // namespace convnext
