#include "convnext/picture/lines.h"

#include <algorithm>
#include <iterator>

#include "convnext/base/base.h"

namespace convnext {
namespace {

constexpr size_t kTab = 8;  // columns

// Takes the line at the front of `text`, without its '\n'.
std::string_view ConsumeLine(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(text.size(), line.size() + 1));
  return line;
}

// `text` between tabs.
void AppendClean(std::string_view line, std::string& clean) {
  for (size_t tab = line.find('\t'); tab != std::string_view::npos; tab = line.find('\t')) {
    clean += Printable(line.substr(0, tab), std::string::npos);
    clean += '\t';
    line.remove_prefix(tab + 1);
  }
  clean += Printable(line, std::string::npos);
}

// Takes what fills the next columns from `line`: a tab's spaces or one code point.
std::string ConsumeCell(std::string_view& line, size_t column, size_t& width) {
  if (line[0] == '\t') {
    line.remove_prefix(1);
    width = kTab - column % kTab;
    return std::string(width, ' ');
  }
  const std::string_view start = line;
  width = Columns(ConsumeCodePoint(line));
  return std::string(start.substr(0, start.size() - line.size()));
}

// Stops soon after there are more than `max_rows`.
void AppendRows(std::string_view line, size_t number, size_t columns, size_t max_rows, std::vector<Row>& rows) {
  Row row{.text = "", .line = number};
  size_t column = 0, width = 0;
  while (!line.empty() && rows.size() <= max_rows) {
    const std::string cell = ConsumeCell(line, column, width);
    if (column + width > columns) {
      rows.push_back(row);
      row = {.text = "", .continued = true, .line = number};
      column = 0;
    }
    row.text += cell;
    column += width;
  }
  rows.push_back(row);
}

}  // namespace

std::string CleanLines(std::string_view text) {
  std::string clean;
  while (!text.empty()) {
    const bool ended = text.find('\n') != std::string_view::npos;
    std::string_view line = ConsumeLine(text);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    AppendClean(line, clean);
    if (ended) clean += '\n';
  }
  return clean;
}

char32_t ConsumeCodePoint(std::string_view& text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  char32_t code_point = length == 1 ? lead : lead & (0x7fu >> length);
  for (size_t i = 1; i < length; ++i) code_point = code_point << 6 | (static_cast<unsigned char>(text[i]) & 0x3f);
  text.remove_prefix(length);
  return code_point;
}

size_t Columns(char32_t code_point) {
  // The blocks that Unicode's EastAsianWidth.txt calls wide, in whole.
  static constexpr char32_t kWide[][2] = {{0x1100, 0x115f},   {0x2e80, 0x303e},  {0x3041, 0xa4cf}, {0xac00, 0xd7a3},
                                          {0xf900, 0xfaff},   {0xfe30, 0xfe6f},  {0xff01, 0xff60}, {0xffe0, 0xffe6},
                                          {0x1f300, 0x1faff}, {0x20000, 0x3fffd}};
  const auto holds = [&](const char32_t(&range)[2]) { return code_point >= range[0] && code_point <= range[1]; };
  return std::any_of(std::begin(kWide), std::end(kWide), holds) ? 2 : 1;
}

std::vector<Row> MakeRows(std::string_view text, size_t columns, size_t max_rows) {
  std::vector<Row> rows;
  size_t lines = 0;
  while (!text.empty()) {
    const std::string_view line = ConsumeLine(text);
    if (rows.size() <= max_rows) AppendRows(line, lines, columns, max_rows, rows);
    ++lines;
  }
  if (rows.size() <= max_rows) return rows;
  const size_t left = lines - rows[max_rows - 1].line;
  rows.resize(max_rows);
  rows.back() = {.text = "... " + Pluralize(left, "more line") + ", in the text chunk", .note = true};
  return rows;
}

}  // namespace convnext
