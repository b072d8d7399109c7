// The header of Huawei's compiled models (.om).
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "convnext/base/base.h"

namespace convnext {

struct OmHeader {
  uint32_t version = 0;
  uint64_t model_length = 0;  // bytes after the header
  bool dynamic_shape = false;
  std::string name, platform_version;
};

// Checks magic, header size and length against the file. kInvalid says what is wrong: another kind of file, cut off.
Result<OmHeader> ParseOmHeader(std::span<const std::byte> file);

}  // namespace convnext
