// Names of members: what webdataset makes of them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace convnext {

inline constexpr size_t kMostNameBytes = 4096;  // as PATH_MAX of Linux

struct KeyAndExtension {
  std::string key;        // up to the first dot of the base name
  std::string extension;  // behind it, in lower case
};

// base_plus_ext of webdataset 1.0.2 (tariterators.py), byte for byte, with the lower case of group_by_keys for ASCII.
// Nothing: the name gives no key, and webdataset skips the member.
std::optional<KeyAndExtension> SplitName(std::string_view name);

// Whether tar_file_iterator of webdataset 1.0.2 takes the member for one of its own: its name, or the first directory
// of it, begins and ends with "__".
bool IsWebdatasetMeta(std::string_view name);

// Whether macOS added the member beside the user's: "._x" has the attributes of "x" in AppleDouble.
bool IsMacMember(std::string_view name);

}  // namespace convnext
