#include "convnext/image/png_chunks.h"

#include <png.h>

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>

namespace convnext {
namespace {

constexpr size_t kHeaderSize = 13, kPaletteSize = 768;

bool IsName(std::string_view name) {
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return c == '_' || std::isalnum(static_cast<unsigned char>(c)) != 0; });
}

// Takes the next chunk from the front of `rest`; false if there is no header of one.
bool Next(std::span<const std::byte>& rest, PngChunk& chunk) {
  return ConsumePngChunk(rest, chunk) && IsName(chunk.name);
}

Status ParseHeader(std::span<const std::byte> data, PngParts& parts) {
  if (data.size() < kHeaderSize) return Invalid("the PNG's header has {} bytes; expected {}", data.size(), kHeaderSize);
  parts.header = data.first(kHeaderSize);
  parts.width = BigEndian32(data);
  parts.height = BigEndian32(data.subspan(4));
  parts.bit_depth = static_cast<int>(data[8]);
  parts.colour_type = static_cast<int>(data[9]);
  if (std::max(parts.width, parts.height) <= PNG_UINT_31_MAX) return {};
  return Invalid("the PNG says that it has {}x{} pixels; a side may have 2147483647", parts.width, parts.height);
}

// EXIF and XMP may stand before the pixels and behind them. XMP that is compressed is not looked at.
void ReadMetadata(const PngChunk& chunk, PngParts& parts) {
  constexpr std::string_view kXmp("XML:com.adobe.xmp\0\0\0", 20);
  const std::string_view text(reinterpret_cast<const char*>(chunk.data.data()), chunk.data.size());
  if (chunk.name == "eXIf") parts.exif = chunk.data;
  if (chunk.name == "iTXt" && text.starts_with(kXmp)) parts.xmp = text.substr(kXmp.size());
}

// A chunk before the pixels.
Status ReadChunk(const PngChunk& chunk, PngParts& parts) {
  if (!chunk.whole) return Invalid("the PNG is truncated: its data end before the picture does");
  if (!chunk.verified) return Invalid("the PNG is damaged: the checksum of its chunk {} is wrong", chunk.name);
  if (chunk.name == "IHDR") return ParseHeader(chunk.data, parts);
  if (chunk.name == "IEND") return Invalid("the PNG has no pixels");
  if (chunk.name == "PLTE") parts.palette = chunk.data.first(chunk.data.size() / 3 * 3);  // Pillow drops a part of one
  if (chunk.name == "acTL") parts.animated = true;
  ReadMetadata(chunk, parts);
  return {};
}

// The run of IDATs that begins with `chunk`, which afterwards is the chunk behind it; false if there is none.
bool ReadPixelChunks(std::span<const std::byte>& rest, PngChunk& chunk, PngParts& parts) {
  do {
    parts.pixels.push_back(chunk.data);
    parts.pixels_damaged |= !chunk.verified;
    if (!Next(rest, chunk)) return false;
  } while (chunk.name == "IDAT");
  return true;
}

// Pillow reads on to IEND, which may be missing. The next frame of an animation ends its reading, too.
Status ReadEnd(std::span<const std::byte> rest, PngChunk chunk, PngParts& parts) {
  do {
    if (chunk.name == "IEND" || (parts.animated && chunk.name == "fcTL")) return {};
    if (!chunk.whole) return Invalid("the PNG is truncated: its chunk {} goes beyond the end of the file", chunk.name);
    ReadMetadata(chunk, parts);
  } while (Next(rest, chunk));
  return {};
}

void AppendNumber(uint32_t number, std::vector<std::byte>& bytes) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<std::byte>(number >> shift));
}

void AppendChunk(std::string_view name, const std::vector<std::span<const std::byte>>& pieces,
                 std::vector<std::byte>& bytes) {
  size_t size = 0;
  for (const auto& piece : pieces) size += piece.size();
  AppendNumber(static_cast<uint32_t>(size), bytes);
  const auto name_bytes = std::as_bytes(std::span(name));
  bytes.insert(bytes.end(), name_bytes.begin(), name_bytes.end());
  for (const auto& piece : pieces) bytes.insert(bytes.end(), piece.begin(), piece.end());
  AppendNumber(0, bytes);
}

}  // namespace

Result<PngParts> ReadPngChunks(std::span<const std::byte> file) {
  PngParts parts;
  PngChunk chunk;
  std::span<const std::byte> rest = file.subspan(kPngSignature.size());
  while (true) {
    if (!Next(rest, chunk)) return Invalid("the PNG is truncated or damaged: no pixels where a chunk should begin");
    if (chunk.name == "IDAT") break;
    CONVNEXT_RETURN_IF_ERROR(ReadChunk(chunk, parts));
  }
  if (parts.header.empty()) return Invalid("the PNG has no header");
  if (!ReadPixelChunks(rest, chunk, parts)) return parts;
  CONVNEXT_RETURN_IF_ERROR(ReadEnd(rest, chunk, parts));
  return parts;
}

// libpng refuses a palette that it does not like; Pillow takes the missing colours to be black.
std::vector<std::byte> MakePng(const PngParts& parts) {
  const auto signature = std::as_bytes(std::span(kPngSignature));
  std::vector<std::byte> file(signature.begin(), signature.end());
  AppendChunk("IHDR", {parts.header}, file);
  if (parts.colour_type == PNG_COLOR_TYPE_PALETTE) {
    const size_t entries = std::min(size_t{1} << std::min(parts.bit_depth, 8), kPaletteSize / 3);
    std::vector<std::byte> palette(parts.palette.begin(), parts.palette.end());
    palette.resize(entries * 3);
    AppendChunk("PLTE", {palette}, file);
  }
  AppendChunk("IDAT", parts.pixels, file);
  AppendChunk("IEND", {}, file);
  return file;
}

}  // namespace convnext
