// The picture fuzzers hold DecodeImage to this: it decodes or refuses, never more, and what is decoded is whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "convnext/image/image.h"
#include "target.h"

inline void CheckDecoding(std::span<const uint8_t> file) {
  const auto orientation =
      file.size() % 2 == 0 ? convnext::ExifOrientation::kApply : convnext::ExifOrientation::kIgnore;
  const convnext::DecodeOptions options = {.max_pixels = 1 << 20, .orientation = orientation};
  const auto image = convnext::DecodeImage(std::as_bytes(file), options);
  if (!image.ok()) {
    Require(image.status().code() == convnext::Code::kInvalid);
    return;
  }
  const convnext::Pixels& pixels = image->pixels;
  Require(pixels.width >= 1 && pixels.height >= 1);
  Require(pixels.data.size() == size_t{3} * static_cast<size_t>(pixels.width) * static_cast<size_t>(pixels.height));
}
