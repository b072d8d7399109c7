#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "convnext/base/base.h"

namespace convnext::cli {

// The files that --image_path names: a file is itself, a directory all pictures under it (by their extensions;
// sorted), "-" one path per line of `list`. kInvalid if a directory or the list holds none.
Result<std::vector<std::string>> ExpandImagePaths(const std::vector<std::string>& paths, std::istream& list);

}  // namespace convnext::cli
