#include "convnext/bundle/ignored.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "convnext/bundle/launchers.h"
#include "convnext/bundle/layout.h"

namespace convnext {
namespace {

// A line of the .gitignore: "/weights", "*.om", "kernel_meta/". It uses no other forms of git's.
struct Pattern {
  std::string name;
  bool at_top = false;          // "/" before it
  bool directory_only = false;  // "/" behind it
  bool is_ending = false;       // "*" before it
};

// What is taken back ("!...") are files of a bundle, of which none is ignored.
std::vector<Pattern> ReadPatterns(std::string_view text) {
  std::vector<Pattern> patterns;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.empty() || line.starts_with('#') || line.starts_with('!')) continue;
    Pattern pattern{"", line.starts_with('/'), line.ends_with('/'), false};
    line.remove_prefix(pattern.at_top ? 1 : 0);
    line.remove_suffix(pattern.directory_only ? 1 : 0);
    pattern.is_ending = line.starts_with('*');
    line.remove_prefix(pattern.is_ending ? 1 : 0);
    pattern.name = line;
    patterns.push_back(pattern);
  }
  return patterns;
}

bool Names(const Pattern& pattern, std::string_view name, bool at_top, bool is_directory) {
  if ((pattern.at_top && !at_top) || (pattern.directory_only && !is_directory)) return false;
  return pattern.is_ending ? name.ends_with(pattern.name) : name == pattern.name;
}

}  // namespace

bool IsIgnored(const std::string& path, bool is_directory) {
  static const std::vector<Pattern> patterns = ReadPatterns(GitIgnore());
  if (IsBundlePath(path)) return false;
  for (size_t begin = 0; begin < path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const auto name = std::string_view(path).substr(begin, end - begin);
    const auto names = [&](const Pattern& p) { return Names(p, name, begin == 0, is_directory || end < path.size()); };
    if (std::any_of(patterns.begin(), patterns.end(), names)) return true;
    begin = end + 1;
  }
  return false;
}

}  // namespace convnext
