#pragma once

#include <string>

namespace convnext {

// Where a command that is started in a finished bundle writes what it writes by default: the bundle's .gitignore names
// the folder.
inline constexpr const char* kOwnRunFolder = "run";

// Whether the bundle's .gitignore names this path or a folder above it, by the rules of git: weights, a reviewer's own
// runs, builds and caches. Such files are no part of the bundle, and are not read. `path` is relative to the bundle.
bool IsIgnored(const std::string& path, bool is_directory);

}  // namespace convnext
