#include "convnext/bundle/markdown.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "convnext/base/base.h"

namespace convnext {
namespace {

using Json = nlohmann::ordered_json;

std::string Dump(const Json& json) { return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace); }

// `text` with U+FFFD for what is not UTF-8.
std::string ValidUtf8(std::string_view text) { return Json::parse(Dump(std::string(text))).get<std::string>(); }

// The code point at the start of `text`, which is valid UTF-8, and its length in bytes.
std::pair<uint32_t, size_t> Decode(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  uint32_t code = length == 1 ? lead : lead & (0x7fU >> length);
  for (size_t i = 1; i < length; ++i) code = code << 6 | (static_cast<unsigned char>(text[i]) & 0x3fU);
  return {code, length};
}

// Control characters, what has no width, what turns the direction of writing, and what YAML forbids.
bool IsInvisible(uint32_t code) {
  constexpr std::array<std::pair<uint32_t, uint32_t>, 8> kRanges = {{{0, 0x1f},
                                                                     {0x7f, 0x9f},
                                                                     {0x61c, 0x61c},
                                                                     {0x200b, 0x200f},
                                                                     {0x2028, 0x202e},
                                                                     {0x2060, 0x206f},
                                                                     {0xfeff, 0xfeff},
                                                                     {0xfffe, 0xffff}}};
  return std::any_of(kRanges.begin(), kRanges.end(),
                     [code](const auto& range) { return range.first <= code && code <= range.second; });
}

// `text` with "\uXXXX" for what cannot be seen, but for the characters in `kept`.
std::string Visible(std::string_view text, std::string_view kept) {
  const std::string valid = ValidUtf8(text);
  std::string visible;
  for (size_t i = 0; i < valid.size();) {
    const auto [code, length] = Decode(std::string_view(valid).substr(i));
    if (IsInvisible(code) && kept.find(valid[i]) == std::string_view::npos) {
      visible += fmt::format("\\u{:04x}", code);
    } else {
      visible.append(valid, i, length);
    }
    i += length;
  }
  return visible;
}

std::string VisibleLine(std::string_view text) { return Visible(text, ""); }

// Knows ASCII letters only, whatever the locale.
bool IsLetter(char c) { return LowerCase(c) >= 'a' && LowerCase(c) <= 'z'; }

bool IsAlphanumeric(std::string_view text, size_t i) {
  return i < text.size() && (IsLetter(text[i]) || (text[i] >= '0' && text[i] <= '9'));
}

// Brackets make a link only before "(", underscores emphasis only at the edge of a word, a backslash an escape only
// before punctuation: elsewhere they stay readable. "$" and "{" are no Markdown, but what looks like an unfilled
// template must always be one.
bool NeedsEntity(std::string_view text, size_t i) {
  if (text[i] == ']') return i + 1 < text.size() && text[i + 1] == '(';
  if (text[i] == '_') return i == 0 || !IsAlphanumeric(text, i - 1) || !IsAlphanumeric(text, i + 1);
  if (text[i] == '\\') return !IsAlphanumeric(text, i + 1);
  return std::string_view("&<>|`*~{}$").find(text[i]) != std::string_view::npos;
}

size_t LongestRun(std::string_view text, char character) {
  size_t longest = 0, run = 0;
  for (const char c : text) {
    run = c == character ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return longest;
}

bool IsPlainScalar(const std::string& text) {
  constexpr std::array<std::string_view, 8> kWords = {"null", "true", "false", "yes", "no", "on", "off", "y"};
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-";
  if (text.find_first_not_of(kAllowed) != std::string::npos || text.size() < 2) return false;
  const std::string lower = LowerCase(text);
  if (std::find(kWords.begin(), kWords.end(), lower) != kWords.end()) return false;
  return IsLetter(lower[0]);
}

// For YAML 1.1 a number with an exponent is one only if it has a point too: "1.0e-05".
std::string YamlNumber(std::string number) {
  const size_t exponent = number.find('e');
  if (exponent != std::string::npos && number.find('.') == std::string::npos) number.insert(exponent, ".0");
  return number;
}

}  // namespace

std::string PlainText(std::string_view text) {
  const std::string line = VisibleLine(text);
  std::string plain;
  for (size_t i = 0; i < line.size(); ++i) {
    if (NeedsEntity(line, i)) {
      plain += fmt::format("&#{};", static_cast<int>(line[i]));
    } else {
      plain += line[i];
    }
  }
  return plain;
}

std::string CodeText(std::string_view text) {
  const std::string line = VisibleLine(text);
  const bool fits = line.find_first_of("`|$") == std::string::npos && line.find("{{") == std::string::npos &&
                    line.find_first_not_of(' ') != std::string::npos;
  return fits ? "`" + line + "`" : PlainText(line);
}

std::string FencedText(std::string_view text) {
  std::string lines = Visible(text, "\n\t");
  const std::string fence(std::max<size_t>(3, LongestRun(lines, '`') + 1), '`');
  if (!lines.ends_with('\n')) lines += '\n';
  return fence + "\n" + lines + fence;
}

std::string YamlText(const Json& value) {
  if (value.is_number_float()) return YamlNumber(Dump(value));
  if (!value.is_string()) return Dump(value);
  const std::string line = VisibleLine(value.get_ref<const std::string&>());
  return IsPlainScalar(line) ? line : Dump(line);
}

std::string ValueText(const Json& value) {
  return value.is_string() ? value.get_ref<const std::string&>() : Dump(value);
}

}  // namespace convnext
