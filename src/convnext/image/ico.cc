#include <bit>
#include <vector>

#include "convnext/image/bitmap.h"

namespace convnext {
namespace {

struct Entry {
  int64_t size = 0;  // in pixels
  int depth = 0;
  uint16_t bits = 0;
  uint32_t bytes = 0, place = 0;
};

// The bits of a pixel; where the directory does not say, those that its number of colours needs, or many.
int Depth(uint16_t bits, uint8_t colours) {
  if (bits > 0) return bits;
  return colours > 1 ? static_cast<int>(std::bit_width(colours - 1u)) : 256;
}

Entry ReadEntry(ByteReader& reader) {
  const uint8_t width = reader.Byte(), height = reader.Byte(), colours = reader.Byte();
  reader.Bytes(3);
  const uint16_t bits = reader.Little16();
  const uint32_t bytes = reader.Little32(), place = reader.Little32();
  return {int64_t{width > 0 ? width : 256} * (height > 0 ? height : 256), Depth(bits, colours), bits, bytes, place};
}

// The largest picture, of several the one with the fewest bits, and of those the first: as Pillow.
Result<Entry> FindEntry(std::span<const std::byte> file) {
  ByteReader reader(file);
  reader.Seek(4);
  const uint16_t count = reader.Little16();
  Entry best;
  for (int i = 0; i < count; ++i) {
    const Entry entry = ReadEntry(reader);
    if (entry.size > best.size || (entry.size == best.size && entry.depth < best.depth)) best = entry;
  }
  if (count == 0 || reader.ended()) return Invalid("the icon's directory of {} pictures is cut or empty", count);
  return best;
}

// Pillow wants the whole mask behind the picture, or the alpha in it, though neither changes a colour.
Status CheckMask(std::span<const std::byte> file, const Entry& entry, const Bitmap& bitmap) {
  const auto file_size = static_cast<int64_t>(file.size());
  if (entry.bits == 32) {
    const int64_t end = static_cast<int64_t>(bitmap.pixels_place) + bitmap.width * bitmap.height * 4;
    return end <= file_size ? Status() : Truncated("icon");
  }
  const int64_t stride = (bitmap.width + 31) / 32 * 4;
  const int64_t begin = int64_t{entry.place} + int64_t{entry.bytes} - stride * bitmap.height;
  const int64_t end = begin + stride * (bitmap.height - 1) + (bitmap.width + 7) / 8;
  return begin >= 0 && end <= file_size ? Status() : Truncated("icon");
}

// The height in its header counts the mask as well.
Result<DecodedImage> DecodeBitmap(std::span<const std::byte> file, const Entry& entry, int64_t max_pixels) {
  CONVNEXT_ASSIGN_OR_RETURN(auto bitmap, ReadBitmapHeader(file, entry.place, 0));
  bitmap.height /= 2;
  CONVNEXT_RETURN_IF_ERROR(CheckSize(bitmap.width, bitmap.height, max_pixels));
  CONVNEXT_RETURN_IF_ERROR(CheckMask(file, entry, bitmap));
  return ReadBitmapPixels(file, bitmap, "ICO");
}

}  // namespace

Result<DecodedImage> DecodeIco(std::span<const std::byte> file, int64_t max_pixels) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto entry, FindEntry(file));
  if (entry.place > file.size()) return Truncated("icon");
  const auto picture = file.subspan(entry.place);
  const std::string_view text(reinterpret_cast<const char*>(picture.data()), picture.size());
  if (!text.starts_with(kPngSignature)) return DecodeBitmap(file, entry, max_pixels);
  CONVNEXT_ASSIGN_OR_RETURN(auto image, DecodePng(picture, max_pixels));
  image.format = "ICO";
  image.orientation = 1;  // as Pillow, which forgets it
  return image;
}

}  // namespace convnext
