#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace convnext {

// `text` made safe to print: control characters and bytes that are not UTF-8 become "\xNN", and anything past
// `limit` bytes is cut with "...". For names that come from untrusted files.
std::string Printable(std::string_view text, size_t limit = 200);

// "[1, 3, 256, 256]".
std::string ShapeText(std::span<const int64_t> shape);

// As Python's round(value, digits): the number nearest to `value` printed with that many decimals. NaN and infinities
// stay. Numbers that differ in their last bits, as those of two math libraries do, become one.
double RoundTo(double value, int digits);

// "1 picture", "2 pictures".
std::string Pluralize(size_t count, std::string_view noun);

// ASCII alone, whatever the locale.
constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }
constexpr bool IsLetterOrDigit(char c) { return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
// The characters that no file system, shell or log reads as anything else.
constexpr bool IsNameCharacter(char c) { return IsLetterOrDigit(c) || c == '_' || c == '-' || c == '.'; }

// ASCII letters in lower case, whatever the locale; all else stays.
constexpr char LowerCase(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
std::string LowerCase(std::string_view text);

}  // namespace convnext
