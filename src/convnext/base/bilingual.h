// Texts that a reader is told in English or in Chinese. Both stand side by side in the sources, and the compiler holds
// them against each other: a text without its Chinese, or with other arguments in it, does not compile.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace convnext {

struct Bilingual {
  std::string english, chinese;
};

namespace bilingual {

inline constexpr size_t kMostArguments = 10;  // of one digit

// The arguments that a format names, a bit for each: "{}", "{0}" and "{:o}"; all bits if it holds anything else.
constexpr uint32_t ArgumentsOf(std::string_view format) {
  uint32_t named = 0, next = 0;
  for (size_t at = format.find('{'); at != std::string_view::npos; at = format.find('{', at)) {
    ++at;
    const bool numbered = at < format.size() && format[at] >= '0' && format[at] <= '9';
    named |= 1U << (numbered ? static_cast<uint32_t>(format[at++] - '0') : next++);
    if (format.substr(at, 2) == ":o") at += 2;
    if (next > kMostArguments || at >= format.size() || format[at] != '}') return ~0U;
  }
  return named;
}

// Whether a text in UTF-8 holds a character of U+4000 to U+9FFF.
constexpr bool HasChinese(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0xE4 && static_cast<unsigned char>(c) <= 0xE9;
  });
}

// Whether a format says anything, and is not arguments and marks alone.
constexpr bool HasWords(std::string_view format) {
  for (size_t i = 0; i < format.size(); ++i) {
    const char lower = static_cast<char>(format[i] | 0x20);
    if (lower >= 'a' && lower <= 'z' && (i == 0 || format[i - 1] != ':')) return true;  // not {:o}
  }
  return false;
}

void TheTwoTextsDoNotMatch();  // nobody defines it: where a constant needs it, there is none

}  // namespace bilingual

// Two formats with the same N arguments, in any order. Phrase: a text without any.
template <size_t N>
struct BilingualFormat {
  consteval BilingualFormat(const char* in_english, const char* in_chinese) : english(in_english), chinese(in_chinese) {
    static_assert(N <= bilingual::kMostArguments);
    constexpr uint32_t kAll = (1U << N) - 1;
    if (bilingual::ArgumentsOf(english) != kAll || bilingual::ArgumentsOf(chinese) != kAll ||
        bilingual::HasWords(english) != bilingual::HasChinese(chinese))
      bilingual::TheTwoTextsDoNotMatch();
  }

  const char *english, *chinese;
};
using Phrase = BilingualFormat<0>;

namespace bilingual {

template <class T>
const T& InEnglish(const T& value) {
  return value;
}
inline const std::string& InEnglish(const Bilingual& text) { return text.english; }
template <class T>
const T& InChinese(const T& value) {
  return value;
}
inline const std::string& InChinese(const Bilingual& text) { return text.chinese; }

}  // namespace bilingual

// Say({"CANN in {} has no {}", "{} 中的 CANN 没有 {}"}, root, part): both texts with the arguments in them. Of an
// argument that is a Bilingual itself each text has its own.
template <class... Args>
Bilingual Say(BilingualFormat<sizeof...(Args)> text, const Args&... args) {
  return {fmt::format(fmt::runtime(text.english), bilingual::InEnglish(args)...),
          fmt::format(fmt::runtime(text.chinese), bilingual::InChinese(args)...)};
}

// A text that is of no language: a command, a path, the words of another program.
inline Bilingual Same(const std::string& text) { return {text, text}; }

// The names one after the other, as each language lists them.
Bilingual Listed(const std::vector<std::string>& names);

}  // namespace convnext
