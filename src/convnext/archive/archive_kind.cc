#include "convnext/archive/archive_kind.h"

#include <algorithm>
#include <string_view>

#include "convnext/base/base.h"

namespace convnext {
namespace {

std::string_view TextOf(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

constexpr size_t kChecksum = 148, kChecksumBytes = 8;  // its place in a header; summed as spaces

// Octal digits with spaces before and zeros or spaces behind; -1 without a digit.
int64_t ChecksumIn(std::string_view header) {
  std::string_view field = header.substr(kChecksum, kChecksumBytes);
  field.remove_prefix(std::min(field.find_first_not_of(' '), field.size()));
  if (field.empty() || field[0] < '0' || field[0] > '7') return -1;
  int64_t value = 0;
  for (const char c : field) {
    if (c < '0' || c > '7') break;
    value = 8 * value + (c - '0');
  }
  return value;
}

struct Magic {
  std::string_view bytes;
  const char* text;
};
using std::literals::operator""sv;
constexpr Magic kOtherFiles[] = {
    {"\xfd"
     "7zXZ\0"sv,
     "an xz stream; unpack it, or pack the tar with gzip or zstd"},
    {"BZh"sv, "a bzip2 stream; unpack it, or pack the tar with gzip or zstd"},
    {"\x04\x22\x4d\x18"sv, "an lz4 stream; unpack it, or pack the tar with gzip or zstd"},
    {"7z\xbc\xaf\x27\x1c"sv, "a 7z archive; make a tar or a zip of it"},
    {"Rar!\x1a\x07"sv, "a rar archive; make a tar or a zip of it"},
    {"version https://git-lfs"sv, "a pointer of Git LFS, not the file itself; fetch it with: git lfs pull"},
    {"PAR1"sv, "a Parquet file"},
    {"\x89HDF\r\n\x1a\n"sv, "an HDF5 file"},
    {"\xff\xd8\xff"sv, "a JPEG picture"},
    {"\x89PNG\r\n\x1a\n"sv, "a PNG picture"},
    {"%PDF-"sv, "a PDF document"},
};

bool IsMarkup(std::string_view text) {
  const std::string lower = LowerCase(text.substr(std::min(text.find_first_not_of(" \t\r\n"), text.size())));
  return lower.starts_with("<!doctype") || lower.starts_with("<html") || lower.starts_with("<?xml");
}

}  // namespace

bool IsZeros(std::span<const std::byte> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte byte) { return byte == std::byte{0}; });
}

bool IsTarHeader(std::span<const std::byte> bytes) {
  if (bytes.size() < kTarBlock) return false;
  const std::string_view header = TextOf(bytes.first(kTarBlock));
  int64_t unsigned_sum = int64_t{' '} * kChecksumBytes, signed_sum = unsigned_sum;
  for (size_t i = 0; i < header.size(); ++i) {
    if (i >= kChecksum && i < kChecksum + kChecksumBytes) continue;
    unsigned_sum += static_cast<unsigned char>(header[i]);
    signed_sum += static_cast<signed char>(header[i]);
  }
  const int64_t checksum = ChecksumIn(header);
  return checksum == unsigned_sum || checksum == signed_sum;
}

ArchiveKind KindOf(std::span<const std::byte> head) {
  const std::string_view text = TextOf(head);
  if (text.starts_with("\x1f\x8b")) return ArchiveKind::kGzip;
  if (text.starts_with("\x28\xb5\x2f\xfd")) return ArchiveKind::kZstd;
  if (text.size() >= 4 && (text[0] & 0xf0) == 0x50 && text.substr(1, 3) == "\x2a\x4d\x18") return ArchiveKind::kZstd;
  if (text.starts_with("PK\x03\x04") || text.starts_with("PK\x05\x06")) return ArchiveKind::kZip;
  if (IsTarHeader(head) || (head.size() >= kTarBlock && IsZeros(head.first(kTarBlock)))) return ArchiveKind::kTar;
  return ArchiveKind::kUnknown;
}

std::string DescribeOtherFile(std::span<const std::byte> head) {
  const std::string_view text = TextOf(head);
  if (text.empty()) return "an empty file";
  for (const Magic& magic : kOtherFiles) {
    if (text.starts_with(magic.bytes)) return magic.text;
  }
  if (IsMarkup(text)) return "HTML or XML, perhaps the error page of a download";
  if (text.size() < kTarBlock) return fmt::format("{} bytes, fewer than one header of a tar", text.size());
  return "bytes that begin with no header of a tar (the checksum of the first 512 bytes is another) and no mark of "
         "zip, "
         "gzip or zstd";
}

}  // namespace convnext
