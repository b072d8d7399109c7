#include <zlib.h>

#include "convnext/picture/png_file.h"

namespace convnext {
namespace {

void AppendNumber(size_t number, std::string& bytes) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift & 0xff);
}

void AppendChunk(std::string_view name, std::string_view data, std::string& file) {
  AppendNumber(data.size(), file);
  const size_t start = file.size();
  file.append(name).append(data);
  AppendNumber(crc32_z(0, reinterpret_cast<const Bytef*>(&file[start]), file.size() - start), file);
}

// 8 bits per sample, RGB (2), deflate (0), the usual filters (0), no interlacing (0).
std::string Header(const PngFile& file) {
  std::string header;
  AppendNumber(static_cast<size_t>(file.width), header);
  AppendNumber(static_cast<size_t>(file.height), header);
  return header.append("\x08\x02\0\0\0", 5);
}

// Rows without a filter: for text on white that compresses best.
std::string Rows(const PngFile& file) {
  const size_t stride = 3 * static_cast<size_t>(file.width);
  std::string rows;
  rows.reserve(file.pixels.size() + static_cast<size_t>(file.height));
  for (size_t place = 0; place < file.pixels.size(); place += stride) {
    rows.append(1, '\0').append(file.pixels, place, stride);
  }
  return rows;
}

std::string Compressed(const std::string& data) {
  uLong size = compressBound(data.size());
  std::string compressed(size, '\0');
  const int status = compress2(reinterpret_cast<Bytef*>(compressed.data()), &size,
                               reinterpret_cast<const Bytef*>(data.data()), data.size(), Z_DEFAULT_COMPRESSION);
  compressed.resize(status == Z_OK ? size : 0);
  return compressed;
}

std::string TextChunk(const PngFile& file) {
  // Not compressed, no language, no translated keyword: `strings` finds the text.
  return std::string(kTextKeyword).append("\0\0\0\0\0", 5).append(file.text);
}

}  // namespace

Result<std::string> EncodePng(const PngFile& file) {
  const std::string pixels = Compressed(Rows(file));
  if (pixels.empty()) return Internal("zlib cannot compress the pixels of a picture");
  std::string bytes(kPngSignature);
  AppendChunk("IHDR", Header(file), bytes);
  AppendChunk("sRGB", kSrgbChunk, bytes);
  AppendChunk("pHYs", kDensityChunk, bytes);
  AppendChunk("tEXt", std::string(kSoftwareKeyword).append(1, '\0').append(file.software), bytes);
  AppendChunk("iTXt", TextChunk(file), bytes);
  AppendChunk("IDAT", pixels, bytes);
  AppendChunk("IEND", {}, bytes);
  if (bytes.size() <= kMaxPngBytes) return bytes;
  return Invalid("the picture's PNG would have {} bytes; a picture may have {}", bytes.size(), kMaxPngBytes);
}

}  // namespace convnext
