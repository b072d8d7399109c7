#include "convnext/base/text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

namespace convnext {
namespace {

// The second byte of a UTF-8 sequence with this first byte lies between these: no overlong forms, no surrogates,
// nothing above U+10FFFF and no C1 control characters.
struct SecondByte {
  unsigned char smallest, largest;
};
SecondByte SecondByteOf(unsigned char lead) {
  switch (lead) {
    case 0xc2:
    case 0xe0:
      return {0xa0, 0xbf};
    case 0xed:
      return {0x80, 0x9f};
    case 0xf0:
      return {0x90, 0xbf};
    case 0xf4:
      return {0x80, 0x8f};
    default:
      return {0x80, 0xbf};
  }
}

// Length of the UTF-8 sequence (RFC 3629) at the start of `text`, 0 if there is none that may be shown.
size_t Utf8Length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const size_t length = lead < 0xc2 || lead > 0xf4 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (length == 0 || length > text.size()) return 0;
  const SecondByte second = SecondByteOf(lead);
  if (byte(1) < second.smallest || byte(1) > second.largest) return 0;
  for (size_t i = 2; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  return length;
}

}  // namespace

std::string Printable(std::string_view text, size_t limit) {
  std::string safe;
  while (!text.empty()) {
    if (safe.size() >= limit) return safe + "...";
    const auto lead = static_cast<unsigned char>(text[0]);
    const size_t length = Utf8Length(text);
    if (length == 0 || lead < 0x20 || lead == 0x7f) {
      safe += fmt::format("\\x{:02x}", lead);
      text.remove_prefix(1);
    } else {
      safe += text.substr(0, length);
      text.remove_prefix(length);
    }
  }
  return safe;
}

std::string ShapeText(std::span<const int64_t> shape) { return fmt::format("[{}]", fmt::join(shape, ", ")); }

double RoundTo(double value, int digits) {
  const std::string text = fmt::format("{:.{}f}", value, digits);
  double rounded = 0;
  std::from_chars(text.data(), text.data() + text.size(), rounded);
  return rounded;
}

std::string Pluralize(size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) { return LowerCase(c); });
  return lower;
}

}  // namespace convnext
