// The way of a picture from a file's bytes to what the model reads.
#pragma once

#include <string>
#include <vector>

#include "convnext/image/image.h"
#include "convnext/model/model.h"

namespace convnext {

// A picture file and the pixels that the model sees of it.
struct LoadedPixels {
  std::string path;
  std::string sha256;  // of the file
  DecodedImage decoded;
  Pixels pixels;              // of the preprocessing's image_size
  double decode_seconds = 0;  // bytes to pixels
  double resize_seconds = 0;  // resize and crop

  int64_t turned() const { return decoded.turned ? decoded.orientation : 0; }  // by this EXIF orientation; 0: not
};

// A picture ready for the model: normalised float32 [height, width, 3].
struct PreparedImage {
  std::string path;
  std::string sha256;  // of the file
  int64_t height = 0;
  int64_t width = 0;
  AlignedVector<float> data;
  std::vector<std::string> warnings;
  int64_t turned = 0;         // by this EXIF orientation; 0: not turned
  double decode_seconds = 0;  // bytes to pixels
  double resize_seconds = 0;  // pixels to tensor: resize, crop, normalise
};

// Decodes, resizes, crops and normalises as timm does. A value; thread-safe.
class Preprocessor {
 public:
  explicit Preprocessor(const Preprocessing& preprocessing, DecodeOptions decode = {});

  const Preprocessing& preprocessing() const { return preprocessing_; }
  const DecodeOptions& decode_options() const { return decode_; }

  // As 8-bit pixels. `source` names a file in memory.
  Result<LoadedPixels> Load(const std::string& path) const;
  Result<LoadedPixels> Load(std::span<const std::byte> file, const std::string& source) const;

  // The same, and normalised.
  Result<PreparedImage> Prepare(const std::string& path) const;
  Result<PreparedImage> Prepare(std::span<const std::byte> file, const std::string& source) const;

 private:
  PreparedImage Normalized(LoadedPixels loaded) const;

  Preprocessing preprocessing_;
  DecodeOptions decode_;
  NormalizationTable table_;
};

// SHA-256 of a normalised picture as timm holds it: float32 [3, H, W], little-endian. `nhwc` is [H, W, 3].
std::string TensorSha256(std::span<const float> nhwc);

// Reads a .npy file of pictures that are already normalised: float32 [N, 3, H, W] to N pictures.
Result<std::vector<PreparedImage>> ReadPreparedImages(const std::string& path);

// kInvalid for a size that the model does not read.
Status CheckImageSize(const ImageSize& size);

}  // namespace convnext
