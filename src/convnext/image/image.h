// Picture files to the tensor the model reads, exactly as timm does it with Pillow.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "convnext/base/base.h"
#include "convnext/tensor/tensor.h"

namespace convnext {

// Interleaved 8-bit RGB, row-major [height, width, 3].
struct Pixels {
  int width = 0;
  int height = 0;
  std::vector<uint8_t> data;
};

// The most pixels a picture may have, as Pillow: twice its MAX_IMAGE_PIXELS of 89,478,485 is an error there.
inline constexpr int64_t kDefaultMaxPixels = 178'956'970;
inline constexpr Bounds<int64_t> kMaxPixelsBounds{1, int64_t{1} << 32};

// What becomes of a picture that is to be shown turned, by its EXIF data or XMP: timm, open_clip and torchvision ignore
// that.
enum class ExifOrientation { kIgnore, kApply };
// "ignore" or "apply".
std::string_view Name(ExifOrientation orientation);

struct DecodeOptions {
  int64_t max_pixels = kDefaultMaxPixels;
  ExifOrientation orientation = ExifOrientation::kIgnore;
};

struct DecodedImage {
  Pixels pixels;
  std::string format;                 // a name of PictureFormatNames
  std::vector<std::string> warnings;  // what the user should know: damaged data, clipped 16-bit grey, animation
  int orientation = 1;                // that the file asks for; 2 to 8: to be turned
  bool turned = false;                // it was turned so, as the options said
};

// The formats that DecodeImage reads: "JPEG, PNG, WebP, ...".
std::string PictureFormatNames();
// Whether the name of a file ends as those of such pictures do.
bool HasPictureExtension(std::string_view path);

// Decodes a picture file, recognised by its content, to what Pillow's Image.open(..).convert("RGB") gives:
// alpha dropped, 16-bit grey clipped to 255, the high byte of 16-bit colour, the first frame
// of an animation. Truncated files are refused; damaged entropy data is decoded, with a warning, where Pillow does so.
// The size is checked against `max_pixels`, within kMaxPixelsBounds, before anything is allocated for the pixels. An
// orientation that is ignored is a warning; TIFFs are always turned, as in Pillow.
Result<DecodedImage> DecodeImage(std::span<const std::byte> file, const DecodeOptions& options = {});

// Pillow's filters.
enum class Interpolation { kNearest, kBox, kBilinear, kHamming, kBicubic, kLanczos };

// How a picture is brought to the model's size. kCenter: the shorter side to the size, the middle. kSquash: both sides,
// whatever the shape. kBorder: the longer side to the size, and `fill` beside it.
enum class CropMode { kCenter, kSquash, kBorder };

// timm's evaluation transform (timm/data/transforms_factory.py, transforms_imagenet_eval) and open_clip's
// (open_clip/transform.py, image_transform).
struct Preprocessing {
  ImageSize image_size = {256, 256};  // of the model's input
  double crop_pct = 1.0;              // the part of the resized picture that the crop shows; above 1 there is a margin
  CropMode crop_mode = CropMode::kCenter;
  Interpolation interpolation = Interpolation::kBicubic;
  std::array<uint8_t, 3> fill = {};                                  // red, green, blue of kBorder's border
  std::array<double, 3> mean = {0.48145466, 0.4578275, 0.40821073};  // CLIP's
  std::array<double, 3> std = {0.26862954, 0.26130258, 0.27577711};
};

// Which code resizes: both give the same bits.
enum class ResizeCode { kSimd, kScalar };

// Resizes (uint8, rounded after each pass, as Pillow) and crops to the image_size; only what the crop shows is
// computed. kInvalid if the picture cannot be brought to that size (a resized side of zero, as in torchvision).
Result<Pixels> ResizeAndCrop(const Pixels& pixels, const Preprocessing& preprocessing,
                             ResizeCode code = ResizeCode::kSimd);

// (x / 255 - mean) / std in float32, in that order, of each value of each channel.
NormalizationTable MakeNormalizationTable(const Preprocessing& preprocessing);

// The normalised pixels, NHWC: [height, width, 3] to `output`.
inline void Normalize(const Pixels& pixels, const Preprocessing& preprocessing, std::span<float> output) {
  Normalize(pixels.data, MakeNormalizationTable(preprocessing), output);
}

// The bytes of an 8-bit RGB PNG. They may differ between versions of libpng and zlib; the pixels do not.
Result<std::string> EncodePng(const Pixels& pixels);

// Writes those bytes to a file, whole or not at all.
Status WritePng(const std::string& path, const Pixels& pixels);

// The versions of the decoders, and of Highway, which the resizing and the kernels are written with.
LibraryVersions ImageLibraryVersions();

}  // namespace convnext
