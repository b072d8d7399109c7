#include "convnext/ascend/compile/om_file.h"

namespace convnext {
namespace {

// Offsets in the 256-byte header, all little-endian: docs/ascend-facts.md, "Model file: header".
constexpr size_t kHeaderBytes = 256;
constexpr uint32_t kMagic = 0x444f4d49;  // "IMOD" in the file
constexpr size_t kMagicAt = 0, kHeaderSizeAt = 4, kVersionAt = 8, kLengthAt = 76, kNameAt = 84, kNameBytes = 32;
constexpr size_t kPlatformAt = 160, kPlatformBytes = 20, kModelLengthAt = 184, kDynamicAt = 193;

template <class T>
T Read(std::span<const std::byte> file, size_t at) {
  T value = 0;
  for (size_t i = 0; i < sizeof(T); ++i) value |= static_cast<T>(std::to_integer<T>(file[at + i]) << (8 * i));
  return value;
}

// Text up to the first zero byte.
std::string Text(std::span<const std::byte> file, size_t at, size_t size) {
  const std::string_view field(reinterpret_cast<const char*>(&file[at]), size);
  return Printable(field.substr(0, field.find('\0')));
}

}  // namespace

Result<OmHeader> ParseOmHeader(std::span<const std::byte> file) {
  if (file.empty()) return Invalid("not a compiled model (.om): the file is empty");
  if (file.size() >= sizeof kMagic && Read<uint32_t>(file, kMagicAt) != kMagic) {
    return Invalid("not a compiled model (.om): it starts with \"{}\", not with \"IMOD\". Give a file that atc wrote",
                   Text(file, 0, sizeof kMagic));
  }
  if (file.size() < kHeaderBytes) return Invalid("the compiled model (.om) is cut off: {} bytes", file.size());
  const auto header_bytes = Read<uint32_t>(file, kHeaderSizeAt);
  if (header_bytes != kHeaderBytes) {
    return Invalid("the compiled model (.om) has a header of {} bytes; {} is what this version reads", header_bytes,
                   kHeaderBytes);
  }
  OmHeader header;
  header.version = Read<uint32_t>(file, kVersionAt);
  header.model_length = Read<uint64_t>(file, kModelLengthAt);
  if (header.model_length == 0) header.model_length = Read<uint32_t>(file, kLengthAt);  // files of older compilers
  header.dynamic_shape = Read<uint8_t>(file, kDynamicAt) != 0;
  header.name = Text(file, kNameAt, kNameBytes);
  header.platform_version = Text(file, kPlatformAt, kPlatformBytes);
  const uint64_t there = file.size() - kHeaderBytes;
  if (header.model_length == 0) return Invalid("the compiled model (.om) is empty after its header");
  if (header.model_length != there) {
    return Invalid("the compiled model (.om) {}: {} bytes after the header, which says {}. Compile it again",
                   there < header.model_length ? "is cut off" : "is longer than it should be", there,
                   header.model_length);
  }
  return header;
}

}  // namespace convnext
