#include "convnext/image/tga.h"

#include <cstring>

#include "convnext/image/raster.h"

namespace convnext {
namespace {

constexpr int kMapped = 1, kColour = 2, kGrey = 3;

struct Header {
  int id_size = 0;
  bool mapped = false;
  int kind = 0;  // kMapped, kColour or kGrey
  bool runs = false;
  int map_start = 0, map_size = 0, map_bits = 0;
  int64_t width = 0, height = 0;
  int bits = 0;
  bool right_to_left = false, top_down = false;
};

Header ReadHeader(ByteReader& reader) {
  Header header;
  header.id_size = reader.Byte();
  const int has_map = reader.Byte(), type = reader.Byte();
  header.mapped = has_map == 1;
  header.runs = (type & 8) != 0;
  header.kind = has_map > 1 || type > 11 ? 0 : type & 7;
  header.map_start = reader.Little16();
  header.map_size = reader.Little16();
  header.map_bits = reader.Byte();
  reader.Little32();  // the place on the screen
  header.width = reader.Little16();
  header.height = reader.Little16();
  header.bits = reader.Byte();
  const int flags = reader.Byte();
  header.right_to_left = (flags & 0x10) != 0;
  header.top_down = (flags & 0x20) != 0;
  return header;
}

// Kinds and depths that Pillow decodes.
bool IsSupported(const Header& h) {
  if (h.mapped && h.map_bits != 16 && h.map_bits != 24 && h.map_bits != 32) return false;
  if (h.kind == kMapped) return h.mapped && h.bits == 8;
  if (h.kind == kColour) return !h.mapped && (h.bits == 16 || h.bits == 24 || h.bits == 32);
  return h.kind == kGrey && (h.bits == 8 || h.bits == 16 || (h.bits == 1 && !h.runs && !h.mapped));
}

Result<Palette> ReadPalette(ByteReader& reader, const Header& header) {
  Palette palette = {};
  if (!header.mapped) {
    for (size_t i = 0; i < palette.size(); ++i) palette[i].fill(static_cast<uint8_t>(i));
    return palette;
  }
  if (header.map_start + header.map_size > 256)
    return Invalid("the TGA has a palette of {} colours; expected at most 256", header.map_start + header.map_size);
  for (size_t i = 0; i < static_cast<size_t>(header.map_size); ++i) {
    Colour& colour = palette[static_cast<size_t>(header.map_start) + i];
    if (header.map_bits == 16) {
      colour = UnpackColour16(reader.Little16());
      continue;
    }
    colour = ReadBlueFirst(reader);
    if (header.map_bits == 32) reader.Byte();
  }
  return palette;
}

// The stored bytes of all rows, [height, row_bytes]. A run may not go beyond its row, other bytes may.
Status ReadRuns(ByteReader& reader, size_t pixel_bytes, size_t row_bytes, std::span<uint8_t> data) {
  for (size_t place = 0; place < data.size();) {
    const uint8_t tag = reader.Byte();
    const size_t size = pixel_bytes * ((tag & 127) + size_t{1});
    const auto bytes = reader.Bytes((tag & 128) != 0 ? pixel_bytes : size);
    if (reader.ended()) return Truncated("TGA");
    if ((tag & 128) == 0) {
      const size_t kept = std::min(size, data.size() - place);
      std::memcpy(data.data() + place, bytes.data(), kept);
    } else {
      if (place % row_bytes + size > row_bytes) return Invalid("the TGA is damaged: a run goes beyond its row");
      for (size_t i = 0; i < size; ++i) data[place + i] = bytes[i % pixel_bytes];
    }
    place += size;
  }
  return {};
}

void UnpackRow(std::span<const uint8_t> bytes, const Header& header, const Palette& palette, std::span<uint8_t> row) {
  const size_t width = row.size() / 3;
  if (header.bits == 1) {
    std::vector<uint8_t> bits(width);
    UnpackBits(bytes, 1, bits);
    for (size_t x = 0; x < width; ++x) std::memset(&row[3 * x], bits[x] > 0 ? 255 : 0, 3);
    return;
  }
  const auto size = static_cast<size_t>(header.bits / 8);
  for (size_t x = 0; x < width; ++x) {
    const uint8_t* pixel = &bytes[x * size];
    const Colour colour = header.kind != kColour ? palette[pixel[0]]
                          : size == 2            ? UnpackColour16(static_cast<uint16_t>(pixel[0] | pixel[1] << 8))
                                                 : Colour{pixel[2], pixel[1], pixel[0]};
    std::memcpy(&row[3 * x], colour.data(), 3);
  }
}

void Mirror(std::span<uint8_t> row) {
  for (size_t left = 0, right = row.size(); left + 3 < right; left += 3) {
    right -= 3;
    std::swap_ranges(&row[left], &row[left] + 3, &row[right]);
  }
}

}  // namespace

bool LooksLikeTga(std::span<const std::byte> file) {
  ByteReader reader(file);
  const Header header = ReadHeader(reader);
  return !reader.ended() && header.width > 0 && header.height > 0 && IsSupported(header);
}

Result<DecodedImage> DecodeTga(std::span<const std::byte> file, int64_t max_pixels) {
  ByteReader reader(file);
  const Header header = ReadHeader(reader);
  CONVNEXT_RETURN_IF_ERROR(CheckSize(header.width, header.height, max_pixels));
  reader.Bytes(static_cast<size_t>(header.id_size));
  CONVNEXT_ASSIGN_OR_RETURN(const auto palette, ReadPalette(reader, header));
  const size_t row_bytes = (static_cast<size_t>(header.width) * static_cast<size_t>(header.bits) + 7) / 8;
  const size_t size = row_bytes * static_cast<size_t>(header.height);
  std::vector<uint8_t> unpacked;
  std::span<const uint8_t> data;
  if (header.runs) {
    unpacked.resize(size);
    CONVNEXT_RETURN_IF_ERROR(ReadRuns(reader, static_cast<size_t>(header.bits / 8), row_bytes, unpacked));
    data = unpacked;
  } else {
    data = reader.Bytes(size);
  }
  if (data.size() < size) return Truncated("TGA");
  DecodedImage image = BlackImage(header.width, header.height, "TGA");
  const auto height = static_cast<size_t>(header.height);
  for (size_t y = 0; y < height; ++y) {
    const auto row = Row(image.pixels, header.top_down ? y : height - 1 - y);
    UnpackRow(data.subspan(y * row_bytes, row_bytes), header, palette, row);
    if (header.right_to_left) Mirror(row);
  }
  return image;
}

}  // namespace convnext
