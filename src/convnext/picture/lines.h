// Text as lines and columns.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace convnext {

// `text` with every line made safe to print and to draw: valid UTF-8, no control characters but '\n' and '\t', no '\r'
// at the end of a line.
std::string CleanLines(std::string_view text);

// Takes the code point at the front of `text`, which must be valid UTF-8 and not empty.
char32_t ConsumeCodePoint(std::string_view& text);

// How many columns a code point takes in a terminal: 2 for East Asian ideographs, kana, hangul and emoji, otherwise 1.
size_t Columns(char32_t code_point);

// A text is drawn row by row.
struct Row {
  std::string text;        // no tabs
  bool continued = false;  // goes on with the line of the row above
  bool note = false;       // stands for what was left out
  size_t line = 0;         // which line of the text this is a part of
};

// The rows of `text`, which must be clean, with lines of more than `columns` wrapped. If there are more than
// `max_rows`, the last one says how many lines were left out.
std::vector<Row> MakeRows(std::string_view text, size_t columns, size_t max_rows);

}  // namespace convnext
