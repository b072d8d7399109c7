#include "convnext/ascend/compile/om_file.h"

#include <algorithm>
#include <filesystem>
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

std::string WeightPath(const std::string& om_path, const std::string& name) {
  return (std::filesystem::path(om_path).parent_path() / "weight" / name).string();
}

bool IsWeightFile(std::string_view name) {
  constexpr size_t kLongest = 200;
  return name.starts_with("weight_") && name.size() < kLongest &&
         std::all_of(name.begin(), name.end(), IsNameCharacter);
}

std::vector<std::string> WeightFilesOf(const std::string& om_path) {
  std::vector<std::string> names;
  std::error_code error;
  const std::filesystem::path directory = std::filesystem::path(om_path).parent_path() / "weight";
  for (std::filesystem::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    std::string name = entry->path().filename().string();
    if (IsWeightFile(name)) names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace convnext
