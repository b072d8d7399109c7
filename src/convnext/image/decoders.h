// The decoders behind DecodeImage, one per format. Each checks the size before it allocates the pixels.
#pragma once

#include <span>

#include "convnext/image/image.h"

namespace convnext {

Result<DecodedImage> DecodeAvif(std::span<const std::byte> file, int64_t max_pixels);  // with CONVNEXT_AVIF
Result<DecodedImage> DecodeBmp(std::span<const std::byte> file, int64_t max_pixels);
Result<DecodedImage> DecodeGif(std::span<const std::byte> file, int64_t max_pixels);
Result<DecodedImage> DecodeIco(std::span<const std::byte> file, int64_t max_pixels);
Result<DecodedImage> DecodeJpeg(std::span<const std::byte> file, int64_t max_pixels);
Result<DecodedImage> DecodeJpeg2000(std::span<const std::byte> file, int64_t max_pixels);
Result<DecodedImage> DecodePng(std::span<const std::byte> file, int64_t max_pixels);
Result<DecodedImage> DecodePnm(std::span<const std::byte> file, int64_t max_pixels);
Result<DecodedImage> DecodeQoi(std::span<const std::byte> file, int64_t max_pixels);
Result<DecodedImage> DecodeTga(std::span<const std::byte> file, int64_t max_pixels);
Result<DecodedImage> DecodeTiff(std::span<const std::byte> file, int64_t max_pixels);
Result<DecodedImage> DecodeWebp(std::span<const std::byte> file, int64_t max_pixels);

// kInvalid for a picture without pixels or with more than `max_pixels`.
Status CheckSize(int64_t width, int64_t height, int64_t max_pixels);

}  // namespace convnext
