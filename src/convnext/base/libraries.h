#pragma once

#include <map>
#include <string>

namespace convnext {

// Versions by the library's name.
using LibraryVersions = std::map<std::string, std::string>;

// The libraries that base stands on: of what is loaded, where the library can tell, otherwise of its headers.
LibraryVersions BaseLibraryVersions();

}  // namespace convnext
