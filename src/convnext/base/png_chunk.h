// The chunks of a PNG file (https://www.w3.org/TR/png-3/#5Chunk-layout): a length, a name of four bytes, the data, a
// checksum of name and data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace convnext {

inline constexpr std::string_view kPngSignature = "\x89PNG\r\n\x1a\n";

struct PngChunk {
  std::string_view name;            // any four bytes
  uint32_t length = 0;              // of the data, as the file says
  std::span<const std::byte> data;  // cut short where the file ends before it
  bool whole = false;               // the file holds all of `data`
  bool verified = false;            // and the right checksum
};

// Takes the next chunk from the front of `rest`; false, and `rest` stays, if it has no 8 bytes for length and name.
bool ConsumePngChunk(std::span<const std::byte>& rest, PngChunk& chunk);

// The number in the first 4 bytes.
uint32_t BigEndian32(std::span<const std::byte> bytes);

}  // namespace convnext
