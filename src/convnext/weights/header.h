#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "convnext/weights/weights.h"

namespace convnext {

// The content of a safetensors file's JSON header.
struct SafetensorsHeader {
  std::vector<StoredTensor> tensors;  // sorted by name
  std::map<std::string, std::string> metadata;
};

// Parses the header `json` and lays its tensors over `data`, the bytes behind it: all checks of the format are made
// here.
Result<SafetensorsHeader> ParseSafetensorsHeader(std::string_view json, std::span<const std::byte> data);

}  // namespace convnext
