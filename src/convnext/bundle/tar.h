#pragma once

#include <string>
#include <string_view>

#include "convnext/base/base.h"

namespace convnext {

// The bytes of the file whose name ends with `name` in the compressed archive at `path` (tar.gz). kInvalid if there is
// none, or if it cannot be read.
Result<std::string> ReadFromArchive(const std::string& path, std::string_view name);

}  // namespace convnext
