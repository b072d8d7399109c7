#pragma once

#include <string>
#include <vector>

#include "convnext/bundle/evidence.h"

namespace convnext {

// A directory as it was found. A .git at its top is not looked at, as a bundle may be a repository; nor is what the
// bundle's .gitignore names (IsIgnored).
struct Directory {
  Files files;
  std::vector<std::string> problems;  // what is not a plain file of a bundle: links, devices, too large, too many
  std::vector<std::string> empty_directories = {};
};

// Reads all files under `path`, which is not trusted: links are not followed, and there are limits on the number, depth
// and size of files. kInvalid if it is not a directory.
Result<Directory> ReadDirectory(const std::string& path);

// Whether `path` is a relative path that stays inside: no "..", no empty part, no backslash, no control character.
bool IsInside(std::string_view path);

}  // namespace convnext
