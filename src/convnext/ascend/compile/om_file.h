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

// Where a model at `om_path` whose weights are not in it has them, as atc --external_weight=1 leaves them:
// "weight/NAME" beside it. Names are weight_ and a digest of the content.
std::string WeightPath(const std::string& om_path, const std::string& name);
bool IsWeightFile(std::string_view name);
// Those that are there, sorted.
std::vector<std::string> WeightFilesOf(const std::string& om_path);

}  // namespace convnext
