#include "base/text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace convnext {
namespace {

// Length of the well-formed UTF-8 sequence at the start of `text`, 0 if there is none (overlong forms and surrogates
// are left to the terminal: they cannot do harm there).
size_t Utf8Length(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const size_t length = lead < 0x80 ? 1 : lead >= 0xf0 && lead < 0xf8 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
  if (length == 0 || lead >= 0xf8 || length > text.size()) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) return 0;
  }
  const bool c1_control = lead == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0;
  return c1_control ? 0 : length;
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

std::string Counted(size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace convnext
