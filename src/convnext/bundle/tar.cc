#include "convnext/bundle/tar.h"

#include <zlib.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

namespace convnext {
namespace {

constexpr size_t kBlock = 512, kMostBytes = size_t{512} << 20;

Result<std::string> Unpacked(const std::string& path) {
  const std::unique_ptr<gzFile_s, int (*)(gzFile_s*)> file(::gzopen(path.c_str(), "rb"), &::gzclose);
  if (!file) return Invalid("{}: cannot open it", Printable(path, 1000));
  std::string text;
  std::vector<char> part(size_t{1} << 20);
  while (true) {
    const int count = ::gzread(file.get(), part.data(), static_cast<unsigned>(part.size()));
    if (count < 0) return Invalid("{}: not a whole gzip file", Printable(path, 1000));
    if (count == 0) break;
    text.append(part.data(), static_cast<size_t>(count));
    if (text.size() > kMostBytes)
      return Invalid("{}: unpacks to more than {} bytes", Printable(path, 1000), kMostBytes);
  }
  int error = Z_OK;
  ::gzerror(file.get(), &error);
  if (error != Z_OK && error != Z_STREAM_END) return Invalid("{}: not a whole gzip file", Printable(path, 1000));
  return text;
}

std::string Field(std::string_view header, size_t offset, size_t length) {
  const std::string_view field = header.substr(offset, length);
  return std::string(field.substr(0, field.find('\0')));
}

// The size in a header: octal digits.
std::optional<size_t> SizeIn(std::string_view header) {
  size_t size = 0;
  for (const char c : Field(header, 124, 12)) {
    if (c == ' ') continue;
    if (c < '0' || c > '7' || size > kMostBytes) return std::nullopt;
    size = 8 * size + static_cast<size_t>(c - '0');
  }
  return size;
}

bool IsPlainFile(std::string_view header) { return header[156] == '0' || header[156] == '\0'; }

}  // namespace

Result<std::string> ReadFromArchive(const std::string& path, std::string_view name) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto text, Unpacked(path));
  for (size_t at = 0; at + kBlock <= text.size();) {
    const std::string_view header = std::string_view(text).substr(at, kBlock);
    const auto size = SizeIn(header);
    if (!size || *size > text.size() - at - kBlock)
      return Invalid("{}: not a whole tar archive", Printable(path, 1000));
    if (IsPlainFile(header) && ("/" + Field(header, 0, 100)).ends_with("/" + std::string(name)))
      return text.substr(at + kBlock, *size);
    at += kBlock + RoundUp(*size, kBlock);
  }
  return Invalid("{}: no {} in it; expected a package that tools/portable made", Printable(path, 1000), name);
}

}  // namespace convnext
