#include "convnext/image/bitmap.h"

namespace convnext {
namespace {

constexpr uint32_t kRuns8 = 1, kRuns4 = 2, kMasks = 3;
constexpr uint32_t kOldHeader = 12;

struct MaskLayout {
  int bits;
  std::array<uint32_t, 4> masks;  // red, green, blue, alpha
  Colour bytes;
  bool six_green;
};

// The masks that Pillow knows (PIL/BmpImagePlugin.py). Of 16 and 24 bits alpha is not looked at.
constexpr MaskLayout kMaskLayouts[] = {
    {32, {0xff0000, 0xff00, 0xff, 0}, {2, 1, 0}, false},
    {32, {0xff000000, 0xff0000, 0xff00, 0}, {3, 2, 1}, false},
    {32, {0xff000000, 0xff00, 0xff, 0}, {3, 1, 0}, false},
    {32, {0xff000000, 0xff0000, 0xff00, 0xff}, {3, 2, 1}, false},
    {32, {0xff, 0xff00, 0xff0000, 0xff000000}, {0, 1, 2}, false},
    {32, {0xff0000, 0xff00, 0xff, 0xff000000}, {2, 1, 0}, false},
    {32, {0xff000000, 0xff00, 0xff, 0xff0000}, {3, 1, 0}, false},
    {32, {0, 0, 0, 0}, {2, 1, 0}, false},
    {24, {0xff0000, 0xff00, 0xff, 0}, {2, 1, 0}, false},
    {16, {0xf800, 0x7e0, 0x1f, 0}, {}, true},
    {16, {0x7c00, 0x3e0, 0x1f, 0}, {}, false},
};

bool IsHeaderSize(uint32_t size) {
  return size == kOldHeader || size == 40 || size == 52 || size == 56 || size == 64 || size == 108 || size == 124;
}

bool IsDepth(int bits) { return bits == 1 || bits == 4 || bits == 8 || bits == 16 || bits == 24 || bits == 32; }

// Headers of 40 bytes have three masks behind them, longer ones within, those of 56 and more a fourth.
Status ReadMasks(ByteReader& reader, size_t header_place, uint32_t header_size, Bitmap& bitmap) {
  const size_t behind = reader.place();
  if (header_size > 40) reader.Seek(header_place + 40);
  std::array<uint32_t, 4> masks = {};
  for (size_t i = 0; i < (header_size >= 56 ? 4u : 3u); ++i) masks[i] = reader.Little32();
  if (header_size > 40) reader.Seek(behind);
  if (bitmap.bits != 32) masks[3] = 0;
  for (const MaskLayout& layout : kMaskLayouts) {
    if (layout.bits != bitmap.bits || layout.masks != masks) continue;
    bitmap.bytes = layout.bytes;
    bitmap.six_green = layout.six_green;
    return {};
  }
  return Invalid(
      "the bitmap has {} bits per pixel with masks {:x}, {:x}, {:x} and {:x}; expected 8 bits per colour, 5-5-5 or "
      "5-6-5",
      bitmap.bits, masks[0], masks[1], masks[2], masks[3]);
}

// A palette that is a ramp of grey goes on as one.
void ContinueGreyRamp(size_t count, Palette& palette) {
  const auto shade = [count](size_t i) { return static_cast<uint8_t>(count <= 2 ? (i > 0 ? 255 : 0) : i); };
  for (size_t i = 0; i < count; ++i) {
    if (palette[i] != Colour{shade(i), shade(i), shade(i)}) return;
  }
  for (size_t i = count; i < palette.size(); ++i) palette[i] = {shade(i), shade(i), shade(i)};
}

Status ReadPalette(ByteReader& reader, uint32_t colours, bool old, Bitmap& bitmap) {
  if (colours > 256) return Invalid("the bitmap has a palette of {} colours; expected at most 256", colours);
  for (size_t i = 0; i < colours; ++i) {
    bitmap.palette[i] = ReadBlueFirst(reader);
    if (!old) reader.Byte();
  }
  ContinueGreyRamp(colours, bitmap.palette);
  return {};
}

Status CheckKind(uint32_t planes_and_bits, const Bitmap& bitmap) {
  if (!IsDepth(bitmap.bits))
    return Invalid("the bitmap has {} bits per pixel; expected 1, 4, 8, 16, 24 or 32", planes_and_bits >> 16);
  if (bitmap.compression > kMasks)
    return Invalid("the bitmap has compression {}; expected 0 to 3: none, runs, or masks", bitmap.compression);
  const bool runs = bitmap.compression == kRuns8 || bitmap.compression == kRuns4;
  if (runs && bitmap.bits > 8) return Invalid("the bitmap has runs of {} bits; expected at most 8", bitmap.bits);
  return {};
}

// Returns the number of colours that the header states.
uint32_t ReadOldHeader(ByteReader& reader, Bitmap& bitmap, uint32_t& planes_and_bits) {
  bitmap.width = reader.Little16();
  bitmap.height = reader.Little16();
  planes_and_bits = reader.Little32();
  return 0;
}

uint32_t ReadNewHeader(ByteReader& reader, Bitmap& bitmap, uint32_t& planes_and_bits) {
  bitmap.width = reader.Little32();
  const uint32_t height = reader.Little32();
  bitmap.top_down = height >> 24 == 0xff;
  bitmap.height = bitmap.top_down ? (int64_t{1} << 32) - height : height;
  planes_and_bits = reader.Little32();
  bitmap.compression = reader.Little32();
  for (int i = 0; i < 3; ++i) reader.Little32();  // the size of the pixels, and their density
  return reader.Little32();
}

void UnpackRow(std::span<const uint8_t> bytes, const Bitmap& bitmap, std::vector<uint8_t>& indices,
               std::span<uint8_t> row) {
  if (bitmap.bits <= 8) {
    UnpackBits(bytes, bitmap.bits, indices);
    return Colourize(indices, bitmap.palette, row);
  }
  const auto size = static_cast<size_t>(bitmap.bits / 8);
  for (size_t x = 0; x < row.size() / 3; ++x) {
    const auto pixel = bytes.subspan(x * size, size);
    const Colour colour = bitmap.bits == 16
                              ? UnpackColour16(static_cast<uint16_t>(pixel[0] | pixel[1] << 8), bitmap.six_green)
                              : Colour{pixel[bitmap.bytes[0]], pixel[bitmap.bytes[1]], pixel[bitmap.bytes[2]]};
    std::copy(colour.begin(), colour.end(), row.begin() + static_cast<std::ptrdiff_t>(3 * x));
  }
}

}  // namespace

Result<Bitmap> ReadBitmapHeader(std::span<const std::byte> file, size_t place, size_t pixels_place) {
  ByteReader reader(file);
  reader.Seek(place);
  const uint32_t size = reader.Little32();
  if (!IsHeaderSize(size))
    return Invalid("the bitmap has a header of {} bytes; expected 12, 40, 52, 56, 64, 108 or 124", size);
  const bool old = size == kOldHeader;
  Bitmap bitmap;
  uint32_t planes_and_bits = 0;
  uint32_t colours =
      old ? ReadOldHeader(reader, bitmap, planes_and_bits) : ReadNewHeader(reader, bitmap, planes_and_bits);
  bitmap.bits = static_cast<int>(planes_and_bits >> 16);
  CONVNEXT_RETURN_IF_ERROR(CheckKind(planes_and_bits, bitmap));
  if (reader.ended()) return Truncated("bitmap");
  reader.Seek(place + size);
  if (bitmap.compression == kMasks) {
    CONVNEXT_RETURN_IF_ERROR(ReadMasks(reader, place, size, bitmap));
  }
  if (colours == 0 && bitmap.bits <= 8) colours = 1u << bitmap.bits;
  // Pillow: a file that says its pixels lie behind the header has forgotten the palette.
  if (bitmap.bits <= 8 && pixels_place == 14 + size) pixels_place += size_t{old ? 3u : 4u} * colours;
  if (bitmap.bits <= 8) {
    CONVNEXT_RETURN_IF_ERROR(ReadPalette(reader, colours, old, bitmap));
  }
  bitmap.pixels_place = pixels_place > 0 ? pixels_place : reader.place();
  return bitmap;
}

Result<DecodedImage> ReadBitmapPixels(std::span<const std::byte> file, const Bitmap& bitmap, std::string_view format) {
  DecodedImage image = BlackImage(bitmap.width, bitmap.height, format);
  const auto width = static_cast<size_t>(bitmap.width), height = static_cast<size_t>(bitmap.height);
  const auto place = [&](size_t y) { return bitmap.top_down ? y : height - 1 - y; };
  if (bitmap.compression == kRuns8 || bitmap.compression == kRuns4) {
    CONVNEXT_ASSIGN_OR_RETURN(const auto indices, ReadBitmapRuns(file, bitmap));
    for (size_t y = 0; y < height; ++y)
      Colourize(std::span(indices).subspan(y * width, width), bitmap.palette, Row(image.pixels, place(y)));
    return image;
  }
  const size_t stored = (width * static_cast<size_t>(bitmap.bits) + 7) / 8, stride = (stored + 3) / 4 * 4;
  ByteReader reader(file);
  std::vector<uint8_t> indices(width);
  for (size_t y = 0; y < height; ++y) {
    reader.Seek(bitmap.pixels_place + y * stride);
    const auto bytes = reader.Bytes(stored);
    if (bytes.size() < stored) return Truncated(format);
    UnpackRow(bytes, bitmap, indices, Row(image.pixels, place(y)));
  }
  return image;
}

}  // namespace convnext
