#include <cstring>

#include "convnext/image/raster.h"

namespace convnext {
namespace {

using Rgba = std::array<uint8_t, 4>;

// https://qoiformat.org/qoi-specification.pdf. As in Pillow a run does not enter the table of earlier pixels.
class QoiReader {
 public:
  explicit QoiReader(ByteReader& reader) : reader_(reader) {}

  // The next pixel.
  Rgba Next() {
    if (run_ > 0) return --run_, pixel_;
    const uint8_t tag = reader_.Byte();
    if (tag < 0xfe && tag >> 6 == 3) return run_ = tag & 63, pixel_;
    pixel_ = Change(tag);
    table_[(pixel_[0] * 3u + pixel_[1] * 5u + pixel_[2] * 7u + pixel_[3] * 11u) % 64] = pixel_;
    return pixel_;
  }

 private:
  Rgba Change(uint8_t tag) {
    if (tag == 0xfe) return Literal(3);
    if (tag == 0xff) return Literal(4);
    if (tag >> 6 == 0) return table_[tag];
    if (tag >> 6 == 1) return Moved((tag >> 4 & 3) - 2, (tag >> 2 & 3) - 2, (tag & 3) - 2);
    const uint8_t second = reader_.Byte();
    const int green = (tag & 63) - 32;
    return Moved(green + (second >> 4) - 8, green, green + (second & 15) - 8);
  }

  Rgba Literal(size_t count) {
    Rgba pixel = pixel_;
    for (size_t i = 0; i < count; ++i) pixel[i] = reader_.Byte();
    return pixel;
  }

  Rgba Moved(int red, int green, int blue) const {
    return {static_cast<uint8_t>(pixel_[0] + red), static_cast<uint8_t>(pixel_[1] + green),
            static_cast<uint8_t>(pixel_[2] + blue), pixel_[3]};
  }

  ByteReader& reader_;
  Rgba pixel_ = {0, 0, 0, 255};
  std::array<Rgba, 64> table_ = {};
  int run_ = 0;
};

}  // namespace

Result<DecodedImage> DecodeQoi(std::span<const std::byte> file, int64_t max_pixels) {
  ByteReader reader(file);
  reader.Seek(4);
  const int64_t width = reader.Big32(), height = reader.Big32();
  reader.Bytes(2);  // channels and colour space
  if (reader.ended()) return Truncated("QOI");
  CONVNEXT_RETURN_IF_ERROR(CheckSize(width, height, max_pixels));
  DecodedImage image = BlackImage(width, height, "QOI");
  QoiReader pixels(reader);
  for (size_t i = 0; i < image.pixels.data.size(); i += 3) {
    std::memcpy(&image.pixels.data[i], pixels.Next().data(), 3);
    if (reader.ended()) return Truncated("QOI");
  }
  return image;
}

}  // namespace convnext
