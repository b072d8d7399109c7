#include <charconv>
#include <cmath>
#include <cstring>
#include <optional>

#include "convnext/image/raster.h"

namespace convnext {
namespace {

constexpr size_t kLongestNumber = 10;

bool IsBlank(uint8_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// A number of the header. A comment, from '#' to the end of its line, may stand even within one.
std::optional<int64_t> HeaderNumber(ByteReader& reader) {
  std::string digits;
  while (digits.size() <= kLongestNumber) {
    uint8_t c = reader.Byte();
    if (c == '#') {
      while (!reader.ended() && c != '\r' && c != '\n') c = reader.Byte();
      continue;
    }
    if (reader.ended() || (IsBlank(c) && !digits.empty())) break;
    if (!IsBlank(c)) digits += static_cast<char>(c);
  }
  int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (digits.empty() || digits.size() > kLongestNumber || error != std::errc() || end != digits.data() + digits.size())
    return std::nullopt;
  return number;
}

struct Header {
  char kind = 0;  // the digit: 1 to 3 plain, 4 to 6 raw; 1 and 4 bits, 2 and 5 grey, 3 and 6 colour
  int64_t width = 0, height = 0, largest = 1;
  bool plain() const { return kind <= '3'; }
  bool bits() const { return kind == '1' || kind == '4'; }
  bool grey() const { return kind == '2' || kind == '5'; }
};

Result<Header> ReadHeader(ByteReader& reader) {
  Header header;
  reader.Byte();
  header.kind = static_cast<char>(reader.Byte());
  const bool blank = IsBlank(reader.Byte());
  const auto width = HeaderNumber(reader), height = HeaderNumber(reader);
  const auto largest = header.bits() ? 1 : HeaderNumber(reader);
  if (!blank || !width || !height || !largest || *largest < 1 || *largest > 65535)
    return Invalid("the PNM's header is damaged: expected width, height and a largest value of 1 to 65535");
  return Header{header.kind, *width, *height, *largest};
}

// To 8 bits. Grey of more than 8 bits becomes one of 16 first, and is clipped then.
class Scale {
 public:
  explicit Scale(const Header& header)
      : largest_(static_cast<double>(header.largest)), wide_(header.grey() && header.largest > 255) {}

  uint8_t operator()(int64_t value) {
    if (largest_ == 255) return static_cast<uint8_t>(value);
    const int64_t full = wide_ ? 65535 : 255;
    const double scaled = std::nearbyint(static_cast<double>(value) / largest_ * static_cast<double>(full));
    const int64_t kept = std::min(full, static_cast<int64_t>(scaled));
    return wide_ ? ClippedGrey(kept, clipped_) : static_cast<uint8_t>(kept);
  }
  bool clipped() const { return clipped_; }

 private:
  double largest_;
  bool wide_;
  bool clipped_ = false;
};

// The bytes without their comments. The end of a comment's line goes with it.
std::string WithoutComments(std::span<const uint8_t> bytes) {
  std::string text;
  bool comment = false;
  for (const uint8_t c : bytes) {
    if (!comment && c != '#') text += static_cast<char>(c);
    comment = c == '#' || (comment && c != '\n' && c != '\r');
  }
  return text;
}

Status PlainBits(std::string_view text, std::span<uint8_t> values) {
  size_t count = 0;
  for (const char c : text) {
    if (IsBlank(static_cast<uint8_t>(c))) continue;
    if (c != '0' && c != '1') return Invalid("the PNM has \"{}\" among its bits", Printable(std::string_view(&c, 1)));
    if (count < values.size()) values[count++] = c == '0' ? 255 : 0;
  }
  return count == values.size() ? Status() : Truncated("PNM");
}

Status PlainNumbers(std::string_view text, int64_t largest, Scale& scale, std::span<uint8_t> values) {
  const char* place = text.data();
  const char* const end = place + text.size();
  for (uint8_t& value : values) {
    while (place < end && IsBlank(static_cast<uint8_t>(*place))) ++place;
    if (place == end) return Truncated("PNM");
    int64_t number = 0;
    const auto [behind, error] = std::from_chars(place, std::min(end, place + kLongestNumber), number);
    const bool whole = behind == end || IsBlank(static_cast<uint8_t>(*behind));
    if (error != std::errc() || !whole || number < 0 || number > largest)
      return Invalid("the PNM has a value that is no number from 0 to {}", largest);
    value = scale(number);
    place = behind;
  }
  return {};
}

// In files of this kind a row of bits begins with a byte of its own.
Status RawBits(ByteReader& reader, size_t width, std::span<uint8_t> values) {
  for (size_t y = 0; y < values.size() / width; ++y) {
    const auto bytes = reader.Bytes((width + 7) / 8);
    if (reader.ended()) return Truncated("PNM");
    const auto row = values.subspan(y * width, width);
    UnpackBits(bytes, 1, row);
    for (uint8_t& value : row) value = value > 0 ? 0 : 255;
  }
  return {};
}

Status RawNumbers(ByteReader& reader, int64_t largest, Scale& scale, std::span<uint8_t> values) {
  const size_t size = largest > 255 ? 2 : 1;
  const auto bytes = reader.Bytes(values.size() * size);
  if (reader.ended()) return Truncated("PNM");
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = scale(size == 1 ? bytes[i] : bytes[2 * i] << 8 | bytes[2 * i + 1]);
  return {};
}

Status ReadValues(ByteReader& reader, const Header& header, Scale& scale, std::span<uint8_t> values) {
  if (header.plain()) {
    const std::string text = WithoutComments(reader.Bytes(reader.rest()));
    return header.bits() ? PlainBits(text, values) : PlainNumbers(text, header.largest, scale, values);
  }
  return header.bits() ? RawBits(reader, static_cast<size_t>(header.width), values)
                       : RawNumbers(reader, header.largest, scale, values);
}

}  // namespace

// As PIL/PpmImagePlugin.py.
Result<DecodedImage> DecodePnm(std::span<const std::byte> file, int64_t max_pixels) {
  ByteReader reader(file);
  CONVNEXT_ASSIGN_OR_RETURN(const auto header, ReadHeader(reader));
  CONVNEXT_RETURN_IF_ERROR(CheckSize(header.width, header.height, max_pixels));
  DecodedImage image = BlackImage(header.width, header.height, "PNM");
  Scale scale(header);
  const size_t count = image.pixels.data.size() / 3;
  const bool colour = !header.bits() && !header.grey();
  std::vector<uint8_t> grey(colour ? 0 : count);
  CONVNEXT_RETURN_IF_ERROR(ReadValues(reader, header, scale, colour ? std::span(image.pixels.data) : std::span(grey)));
  for (size_t i = 0; i < grey.size(); ++i) std::memset(&image.pixels.data[3 * i], grey[i], 3);
  if (scale.clipped()) image.warnings.push_back(fmt::format("16-bit grey: {}", kClipped));
  return image;
}

}  // namespace convnext
