#include "convnext/base/png_chunk.h"

#include <zlib.h>

#include <algorithm>

namespace convnext {

uint32_t BigEndian32(std::span<const std::byte> bytes) {
  uint32_t number = 0;
  for (const std::byte byte : bytes.first(4)) number = number << 8 | std::to_integer<uint32_t>(byte);
  return number;
}

bool ConsumePngChunk(std::span<const std::byte>& rest, PngChunk& chunk) {
  constexpr size_t kLength = 4, kName = 4, kChecksum = 4;
  if (rest.size() < kLength + kName) return false;
  const auto* name = reinterpret_cast<const char*>(rest.data()) + kLength;
  chunk.name = {name, kName};
  chunk.length = BigEndian32(rest);
  rest = rest.subspan(kLength + kName);
  chunk.whole = chunk.length <= rest.size();
  chunk.data = rest.first(std::min<size_t>(chunk.length, rest.size()));
  rest = rest.subspan(chunk.data.size());
  const auto checksum = crc32_z(0, reinterpret_cast<const Bytef*>(name), kName + chunk.data.size());
  chunk.verified = chunk.whole && rest.size() >= kChecksum && BigEndian32(rest) == checksum;
  rest = rest.subspan(std::min(rest.size(), kChecksum));
  return true;
}

}  // namespace convnext
