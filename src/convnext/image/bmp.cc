#include "convnext/image/bitmap.h"

namespace convnext {

Result<DecodedImage> DecodeBmp(std::span<const std::byte> file, int64_t max_pixels) {
  constexpr size_t kFileHeader = 14;
  ByteReader reader(file);
  reader.Seek(10);
  CONVNEXT_ASSIGN_OR_RETURN(const auto bitmap, ReadBitmapHeader(file, kFileHeader, reader.Little32()));
  CONVNEXT_RETURN_IF_ERROR(CheckSize(bitmap.width, bitmap.height, max_pixels));
  return ReadBitmapPixels(file, bitmap, "BMP");
}

}  // namespace convnext
