#include "convnext/ascend/host/paths.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

namespace convnext {

namespace fs = std::filesystem;

bool PathExists(const Machine& machine, const std::string& path) {
  std::error_code ignored;
  return fs::exists(machine.root + path, ignored);
}

bool IsDirectory(const Machine& machine, const std::string& path) {
  std::error_code ignored;
  return fs::is_directory(machine.root + path, ignored);
}

bool IsProgram(const Machine& machine, const std::string& path) {
  const std::string full = machine.root + path;
  std::error_code ignored;
  return fs::is_regular_file(full, ignored) && ::access(full.c_str(), X_OK) == 0;
}

std::vector<std::string> NamesIn(const Machine& machine, const std::string& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(machine.root + directory, error), end; !error && entry != end;
       entry.increment(error)) {
    names.push_back(entry->path().filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> Parts(std::string_view text, char mark) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(mark));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    const size_t begin = part.find_first_not_of(" \t\r");
    if (begin == std::string_view::npos) continue;
    parts.emplace_back(part.substr(begin, part.find_last_not_of(" \t\r") - begin + 1));
  }
  return parts;
}

std::vector<std::string> DirectoriesOf(const Machine& machine, const std::string& variable) {
  return Parts(Variable(machine, variable).value_or(""), ':');
}

bool IsStub(const std::string& path) {
  const auto parts = Parts(path, '/');
  return std::any_of(parts.begin(), parts.end(), [](const auto& part) { return part == "stub" || part == "devlib"; });
}

std::optional<int64_t> ParseNumber(std::string_view text) {
  constexpr size_t kMostDigits = 15;
  if (text.empty() || text.size() > kMostDigits || text.find_first_not_of("0123456789") != std::string_view::npos)
    return std::nullopt;
  int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace convnext
