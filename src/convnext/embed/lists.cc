// Lists, tables and patterns of paths.
#include <fmt/ranges.h>
#include <glob.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "convnext/embed/inputs.h"

namespace convnext {
namespace {

constexpr size_t kMostExpanded = 10'000'000;
constexpr std::array<std::string_view, 7> kUsualColumns = {"path",     "image_path", "filepath", "file_name",
                                                           "filename", "image",      "file"};

// A row of a table: fields may be quoted, with "" for a quote and with line ends in them.
class TableReader {
 public:
  TableReader(std::string_view text, char separator) : rest_(text), separator_(separator) {}

  bool Next(std::vector<std::string>& fields) {
    fields.clear();
    if (rest_.empty()) return false;
    while (Field(fields.emplace_back())) {
    }
    return true;
  }

 private:
  // Whether another field follows in the row.
  bool Field(std::string& field) {
    const bool quoted = separator_ == ',' && rest_.starts_with('"');
    if (quoted) rest_.remove_prefix(1);
    for (bool inside = quoted; !rest_.empty();) {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (inside && c == '"') {
        inside = rest_.starts_with('"');
        if (inside) rest_.remove_prefix(1);
        if (inside) field += '"';
      } else if (!inside && c == separator_) {
        return true;
      } else if (!inside && c == '\n') {
        if (field.ends_with('\r')) field.pop_back();
        return false;
      } else {
        field += c;
      }
    }
    return false;
  }

  std::string_view rest_;
  const char separator_;
};

// "007..012" as its numbers; nothing if it is no range.
struct Range {
  int64_t first, last;
  size_t digits;  // with leading zeros; 0: without
};
std::optional<Range> ParseRange(std::string_view text) {
  const size_t dots = text.find("..");
  if (dots == std::string_view::npos) return std::nullopt;
  const std::string_view low = text.substr(0, dots), high = text.substr(dots + 2);
  Range range{0, 0, 0};
  const auto read = [](std::string_view digits, int64_t& value) {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return error == std::errc() && end == digits.data() + digits.size();
  };
  if (!read(low, range.first) || !read(high, range.last) || range.first < 0 || range.last < range.first)
    return std::nullopt;
  const bool padded = (low.size() > 1 && low[0] == '0') || (high.size() > 1 && high[0] == '0');
  range.digits = padded ? std::max(low.size(), high.size()) : 0;
  return range;
}

// The alternatives between two braces.
Result<std::vector<std::string>> Alternatives(std::string_view text) {
  std::vector<std::string> all;
  if (const auto range = ParseRange(text)) {
    if (range->last - range->first >= static_cast<int64_t>(kMostExpanded))
      return Invalid("{{{}}}: more than {} names", Printable(text), kMostExpanded);
    for (int64_t i = range->first; i <= range->last; ++i) all.push_back(fmt::format("{:0{}}", i, range->digits));
    return all;
  }
  while (true) {
    const size_t comma = text.find(',');
    all.emplace_back(text.substr(0, comma));
    if (comma == std::string_view::npos) return all;
    text.remove_prefix(comma + 1);
  }
}

Result<std::vector<std::string>> Glob(const std::string& pattern) {
  if (pattern.find_first_of("*?[") == std::string::npos) return std::vector<std::string>{pattern};
  glob_t found{};
  const int outcome = ::glob(pattern.c_str(), 0, nullptr, &found);
  std::vector<std::string> names(found.gl_pathv, found.gl_pathv + (outcome == 0 ? found.gl_pathc : 0));
  ::globfree(&found);
  if (outcome == 0) return names;
  return std::vector<std::string>{pattern};  // a file may have such a name
}

}  // namespace

Result<std::vector<std::string>> ExpandPattern(const std::string& pattern) {
  const size_t open = pattern.find('{');
  if (open == std::string::npos) return Glob(pattern);
  const size_t close = pattern.find('}', open);
  if (close == std::string::npos)
    return Invalid("{}: a {{ without its }}; expected names as shards/{{00000..00999}}.tar", Printable(pattern, 1000));
  CONVNEXT_ASSIGN_OR_RETURN(const auto alternatives,
                            Alternatives(std::string_view(pattern).substr(open + 1, close - open - 1)));
  std::vector<std::string> all;
  for (const std::string& alternative : alternatives) {
    CONVNEXT_ASSIGN_OR_RETURN(const auto names,
                              ExpandPattern(pattern.substr(0, open) + alternative + pattern.substr(close + 1)));
    if (all.size() + names.size() > kMostExpanded)
      return Invalid("{}: more than {} names", Printable(pattern), kMostExpanded);
    all.insert(all.end(), names.begin(), names.end());
  }
  return all;
}

std::vector<std::string> ListEntries(std::string_view text) {
  const char separator = text.find('\0') == std::string_view::npos ? '\n' : '\0';
  std::vector<std::string> entries;
  while (!text.empty()) {
    std::string_view entry = text.substr(0, text.find(separator));
    text.remove_prefix(std::min(text.size(), entry.size() + 1));
    if (separator == '\n' && entry.ends_with('\r')) entry.remove_suffix(1);
    if (!entry.empty()) entries.emplace_back(entry);
  }
  return entries;
}

Result<std::vector<std::string>> TableColumn(std::string_view text, char separator, const std::string& column) {
  TableReader reader(text, separator);
  std::vector<std::string> names, row, values;
  reader.Next(names);
  auto found = names.end();
  if (!column.empty()) {
    found = std::find(names.begin(), names.end(), column);
  } else {
    found = std::find_first_of(names.begin(), names.end(), kUsualColumns.begin(), kUsualColumns.end());
  }
  if (found == names.end()) {
    return Invalid(
        "no column {}; its columns are {}: name one by --column",
        column.empty() ? fmt::format("of {}", fmt::join(kUsualColumns, ", ")) : "\"" + Printable(column) + "\"",
        Printable(fmt::format("{}", fmt::join(names, ", "))));
  }
  const auto place = static_cast<size_t>(found - names.begin());
  for (size_t line = 2; reader.Next(row); ++line) {
    if (row.size() == 1 && row[0].empty()) continue;
    if (row.size() <= place || row[place].empty()) return Invalid("row {} has no {}", line, Printable(*found));
    values.push_back(row[place]);
  }
  return values;
}

}  // namespace convnext
