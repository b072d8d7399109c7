#include <new>
#include <stdexcept>

#include "convnext/image/formats.h"
#include "convnext/image/orientation.h"

namespace convnext {

// A side has at most 31 bits: libraries count in int, and the product of two fits.
Status CheckSize(int64_t width, int64_t height, int64_t max_pixels) {
  constexpr int64_t kLargestSide = 0x7fff'ffff;
  if (width <= 0 || height <= 0) return Invalid("the picture is {}x{} pixels; expected at least 1x1", width, height);
  if (width > kLargestSide || height > kLargestSide)
    return Invalid("the picture is {}x{} pixels; a side may have {}", width, height, kLargestSide);
  if (width <= max_pixels / height) return {};
  return Invalid("the picture has {}x{} = {} pixels, more than the limit of {}; raise --max_pixels if you trust it",
                 width, height, width * height, max_pixels)
      .WithKind("picture.too_large");
}

namespace {

Result<DecodedImage> Decode(std::span<const std::byte> file, int64_t max_pixels) {
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  for (const PictureFormat& format : PictureFormats()) {
    if (format.recognises(text)) return format.decode(file, max_pixels);
  }
  return UnknownFormat(text).WithKind(file.empty() ? "picture.empty" : "picture.unknown_format");
}

void Orient(DecodedImage& image, ExifOrientation orientation) {
  if (image.orientation < 2 || image.orientation > 8) return;
  if (orientation == ExifOrientation::kIgnore) {
    image.warnings.push_back(fmt::format(
        "its EXIF orientation {} is ignored, as timm does; --exif_orientation apply turns it", image.orientation));
    return;
  }
  image.pixels = Turn(std::move(image.pixels), image.orientation);
  image.turned = true;
}

}  // namespace

Result<DecodedImage> DecodeImage(std::span<const std::byte> file, const DecodeOptions& options) {
  CONVNEXT_RETURN_IF_ERROR(CheckBounds("max_pixels", options.max_pixels, kMaxPixelsBounds));
  try {
    auto image = Decode(file, options.max_pixels);
    if (!image.ok()) return image.status().WithKind("picture.damaged");
    Orient(*image, options.orientation);
    return image;
  } catch (const std::bad_alloc&) {
    return IoError("not enough memory for the picture; lower --max_pixels to refuse such pictures").WithKind("memory");
  } catch (const std::length_error&) {
    return Invalid("the picture is larger than any memory; lower --max_pixels to refuse such pictures")
        .WithKind("picture.too_large");
  }
}

}  // namespace convnext
