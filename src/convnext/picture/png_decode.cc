#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "convnext/picture/lines.h"
#include "convnext/picture/png_file.h"

namespace convnext {
namespace {

constexpr size_t kAroundData = 12;  // a chunk's length, name and checksum
constexpr size_t kMaxRatio = 1032;  // deflate makes nothing smaller than this

struct Chunk {
  std::string_view name, data;
};

// The parts taken from the chunks so far.
struct Parts {
  PngFile file;
  std::string compressed;  // the data of the IDATs, one after the other
  std::optional<std::string> text, software;
};

std::span<const std::byte> Bytes(std::string_view text) { return std::as_bytes(std::span(text)); }
std::string_view Text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Takes the chunk at the front of `rest`, which must hold all of it and the right checksum.
Result<Chunk> Next(std::string_view& rest) {
  if (rest.size() < kAroundData) return Invalid("the PNG is truncated: {} bytes where a chunk should be", rest.size());
  const size_t left = rest.size() - kAroundData;
  auto bytes = Bytes(rest);
  PngChunk chunk;
  ConsumePngChunk(bytes, chunk);
  const std::string name = Printable(chunk.name);
  if (chunk.length > left)
    return Invalid("the PNG is truncated: chunk {} has {} bytes, {} are left", name, chunk.length, left);
  if (!chunk.verified) return Invalid("the PNG's chunk {} has a wrong checksum", name);
  rest = Text(bytes);
  return Chunk{chunk.name, Text(chunk.data)};
}

Status ReadHeader(std::string_view data, PngFile& file) {
  if (data.size() != 13) return Invalid("the PNG's header has {} bytes; expected 13", data.size());
  const size_t width = BigEndian32(Bytes(data)), height = BigEndian32(Bytes(data.substr(4)));
  if (data.substr(8) != std::string_view("\x08\x02\0\0\0", 5)) {
    return Invalid("the PNG's pixels are not 8-bit RGB without interlacing, as those of pictures of evidence are");
  }
  if (width < 1 || height < 1 || width > kMaxPngPixels || height > kMaxPngPixels / width) {
    return Invalid("the PNG says that it has {}x{} pixels; expected 1 to {}", width, height, kMaxPngPixels);
  }
  file.width = static_cast<int>(width);
  file.height = static_cast<int>(height);
  return {};
}

// The whole zlib stream `data`, which must give 1 to `limit` bytes.
Result<std::string> Decompress(std::string_view data, size_t limit, std::string_view what) {
  std::string bytes(limit, '\0');
  uLong size = limit, used = data.size();
  const int status =
      uncompress2(reinterpret_cast<Bytef*>(bytes.data()), &size, reinterpret_cast<const Bytef*>(data.data()), &used);
  if (status == Z_MEM_ERROR) return Internal("not enough memory to decompress the PNG's {}", what);
  if (status != Z_OK) return Invalid("the PNG's {} are damaged, cut short or more than {} bytes", what, limit);
  if (used != data.size()) return Invalid("the PNG's {} have {} bytes behind their end", what, data.size() - used);
  bytes.resize(size);
  return bytes;
}

// The bytes in front of the first zero byte of `data`, which is removed with them; nothing if there is none.
std::optional<std::string_view> ConsumeField(std::string_view& data) {
  const size_t end = data.find('\0');
  if (end == std::string_view::npos) return {};
  const std::string_view field = data.substr(0, end);
  data.remove_prefix(end + 1);
  return field;
}

Status StoreText(std::string text, std::string_view keyword, std::optional<std::string>& place) {
  if (place) return Invalid("the PNG has two texts \"{}\"; expected one", keyword);
  if (text.size() > kMaxPngText)
    return Invalid("the PNG's text has {} bytes; expected at most {}", text.size(), kMaxPngText);
  if (CleanLines(text) != text) return Invalid("the PNG's text \"{}\" is not UTF-8 or has control characters", keyword);
  place = std::move(text);
  return {};
}

// tEXt: the keyword, a zero, the text.
Status ReadSoftware(std::string_view data, Parts& parts) {
  if (ConsumeField(data) == kSoftwareKeyword) return StoreText(std::string(data), kSoftwareKeyword, parts.software);
  return Invalid("the PNG has a tEXt chunk that is not \"{}\"", kSoftwareKeyword);
}

// iTXt: the keyword, a zero, whether it is compressed, how (0), the language, a zero, the translated keyword, a zero,
// the text.
Status ReadText(std::string_view data, Parts& parts) {
  if (ConsumeField(data) != kTextKeyword) return Invalid("the PNG has an iTXt chunk that is not \"{}\"", kTextKeyword);
  if (data.size() < 2 || (data[0] & ~1) != 0 || data[1] != 0) return Invalid("the PNG's iTXt chunk is not well-formed");
  const bool compressed = data[0] == 1;
  data.remove_prefix(2);
  if (!ConsumeField(data) || !ConsumeField(data)) return Invalid("the PNG's iTXt chunk ends before its text");
  if (!compressed) return StoreText(std::string(data), kTextKeyword, parts.text);
  CONVNEXT_ASSIGN_OR_RETURN(auto text, Decompress(data, kMaxPngText, "compressed text bytes"));
  return StoreText(std::move(text), kTextKeyword, parts.text);
}

// Any chunk but the first and the last.
Status ReadChunk(const Chunk& chunk, Parts& parts) {
  if (chunk.name == "tEXt") return ReadSoftware(chunk.data, parts);
  if (chunk.name == "iTXt") return ReadText(chunk.data, parts);
  if (chunk.name == "IDAT") {
    parts.compressed += chunk.data;
    return {};
  }
  if (chunk.name == "sRGB" && chunk.data == kSrgbChunk) return {};
  if (chunk.name == "pHYs" && chunk.data == kDensityChunk) return {};
  return Invalid("the PNG has a chunk {}, which pictures of evidence have not", Printable(chunk.name));
}

// Every chunk behind the header, to the end of the file.
Status ReadChunks(std::string_view rest, Parts& parts) {
  std::string_view previous;
  while (true) {
    CONVNEXT_ASSIGN_OR_RETURN(const auto chunk, Next(rest));
    if (chunk.name == "IEND") break;
    if (chunk.name == "IDAT" && previous != "IDAT" && !parts.compressed.empty()) {
      return Invalid("the PNG's pixels are interrupted by a chunk {}", Printable(previous));
    }
    CONVNEXT_RETURN_IF_ERROR(ReadChunk(chunk, parts));
    previous = chunk.name;
  }
  if (!rest.empty()) return Invalid("the PNG has {} bytes behind its end", rest.size());
  return {};
}

// The predictor that is nearest to a + b - c (section 9.4 of the standard).
int Paeth(int a, int b, int c) {
  const int to_a = std::abs(b - c), to_b = std::abs(a - c), to_c = std::abs(a + b - 2 * c);
  if (to_a <= to_b && to_a <= to_c) return a;
  return to_b <= to_c ? b : c;
}

// Filter 0 to 4 adds this to a sample whose neighbours are a (left), b (above) and c (above a).
int Predict(int filter, int a, int b, int c) {
  const int predictions[] = {0, a, b, (a + b) / 2};
  return filter == 4 ? Paeth(a, b, c) : predictions[filter];
}

// Undoes `filter` in a row, given the row above it (empty above the first).
void Unfilter(int filter, std::string_view above, char* row, size_t size) {
  const auto sample = [](char byte) { return static_cast<int>(static_cast<unsigned char>(byte)); };
  for (size_t i = 0; i < size && filter != 0; ++i) {
    const bool left = i >= 3, up = !above.empty();
    const int prediction = Predict(filter, left ? sample(row[i - 3]) : 0, up ? sample(above[i]) : 0,
                                   left && up ? sample(above[i - 3]) : 0);
    row[i] = static_cast<char>(sample(row[i]) + prediction);
  }
}

Status DecodePixels(std::string_view compressed, PngFile& file) {
  const size_t stride = 3 * static_cast<size_t>(file.width), height = static_cast<size_t>(file.height);
  const size_t size = height * (1 + stride);
  if (size / kMaxRatio > compressed.size()) return Invalid("the PNG has too few pixels for its width and height");
  CONVNEXT_ASSIGN_OR_RETURN(auto rows, Decompress(compressed, size, "pixels"));
  if (rows.size() != size) return Invalid("the PNG's pixels have {} bytes; expected {}", rows.size(), size);
  file.pixels.reserve(height * stride);
  for (size_t y = 0; y < height; ++y) {
    char* row = &rows[y * (1 + stride)];
    const int filter = static_cast<unsigned char>(row[0]);
    if (filter > 4) return Invalid("the PNG's row {} has an unknown filter {}", y, filter);
    Unfilter(filter, y == 0 ? std::string_view{} : std::string_view(row - stride, stride), row + 1, stride);
    file.pixels.append(row + 1, stride);
  }
  return {};
}

Status CheckTexts(const Parts& parts) {
  if (!parts.text) return Invalid("the PNG has no iTXt chunk \"{}\"", kTextKeyword);
  if (!parts.software) return Invalid("the PNG has no tEXt chunk \"{}\"", kSoftwareKeyword);
  return {};
}

}  // namespace

Result<PngFile> DecodePng(std::string_view bytes) {
  if (bytes.size() > kMaxPngBytes)
    return Invalid("the PNG has {} bytes; expected at most {}", bytes.size(), kMaxPngBytes);
  if (bytes.substr(0, kPngSignature.size()) != kPngSignature) return Invalid("the file does not begin as a PNG does");
  std::string_view rest = bytes.substr(kPngSignature.size());
  CONVNEXT_ASSIGN_OR_RETURN(const auto first, Next(rest));
  if (first.name != "IHDR") return Invalid("the PNG begins with {}; expected IHDR", Printable(first.name));
  Parts parts;
  CONVNEXT_RETURN_IF_ERROR(ReadHeader(first.data, parts.file));
  CONVNEXT_RETURN_IF_ERROR(ReadChunks(rest, parts));
  CONVNEXT_RETURN_IF_ERROR(CheckTexts(parts));
  CONVNEXT_RETURN_IF_ERROR(DecodePixels(parts.compressed, parts.file));
  parts.file.text = std::move(*parts.text);
  parts.file.software = std::move(*parts.software);
  return std::move(parts.file);
}

}  // namespace convnext
