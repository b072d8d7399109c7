// Bytes that look like a compiled model.
#pragma once

#include <cstdint>
#include <string>

namespace convnext {

inline void PutLittleEndian(std::string& bytes, size_t at, uint64_t value, size_t size) {
  for (size_t i = 0; i < size; ++i) bytes[at + i] = static_cast<char>(value >> (8 * i) & 0xff);
}

// The header (docs/ascend-facts.md, "Model file: header"), then `payload`.
inline std::string OmBytes(const std::string& payload) {
  std::string bytes(256, '\0');
  bytes.replace(0, 4, "IMOD");
  PutLittleEndian(bytes, 4, 256, 4);
  PutLittleEndian(bytes, 8, 0x20000000, 4);
  PutLittleEndian(bytes, 76, payload.size(), 4);
  bytes.replace(84, 5, "model");
  bytes.replace(160, 3, "8.1");
  PutLittleEndian(bytes, 184, payload.size(), 8);
  return bytes + payload;
}

}  // namespace convnext
