#include "convnext/archive/names.h"

#include <algorithm>

#include "convnext/archive/archive.h"

namespace convnext {
namespace {

std::string_view BaseName(std::string_view name) { return name.substr(name.rfind('/') + 1); }

// Where the directory of the expression ends that webdataset matches, "^((?:.*/|)[^.]+)[.]([^/]*)$", for the key
// name[0, dot): ".*/" is as long as it can be, holds no newline and leaves at least a byte.
size_t DirectoryEnd(std::string_view name, size_t dot) {
  size_t end = 0;
  for (size_t i = 0; i + 1 < dot && name[i] != '\n'; ++i) {
    if (name[i] == '/') end = i + 1;
  }
  return end;
}

}  // namespace

bool HasArchiveExtension(std::string_view path) {
  constexpr std::string_view kExtensions[] = {".tar", ".tar.gz", ".tgz", ".tar.zst", ".tzst", ".zip"};
  const std::string name = LowerCase(BaseName(path));
  return std::any_of(std::begin(kExtensions), std::end(kExtensions), [&name](std::string_view extension) {
    return name.size() > extension.size() && name.ends_with(extension);
  });
}

std::optional<KeyAndExtension> SplitName(std::string_view name) {
  const size_t dot = name.find('.', name.rfind('/') + 1);
  if (dot == std::string_view::npos || dot == 0) return std::nullopt;
  const std::string_view key = name.substr(0, dot);
  // The expression's [^.]+. It also takes a directory as such: "a/.b" has the key "a/".
  const size_t directory_end = DirectoryEnd(name, dot);
  if (key.find('.', directory_end) != std::string_view::npos) return std::nullopt;
  return KeyAndExtension{std::string(key), LowerCase(name.substr(dot + 1))};
}

bool IsWebdatasetMeta(std::string_view name) {
  const size_t slash = name.find('/');
  std::string_view first = name.substr(0, slash);
  if (slash == std::string_view::npos && first.ends_with('\n')) first.remove_suffix(1);  // "$" of the expression
  return first.size() >= 4 && first.starts_with("__") && first.ends_with("__");
}

bool IsMacMember(std::string_view name) {
  return BaseName(name).starts_with("._") || name.starts_with("__MACOSX/") || name.starts_with("./__MACOSX/");
}

}  // namespace convnext
