// A picture on its way from the input to its row.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "convnext/archive/archive.h"
#include "convnext/base/base.h"

namespace convnext {

struct EmbedItem {
  int64_t unit = 0;
  int64_t index = 0;  // in the unit
  std::string key, shard;
  std::string path;                   // of a file, which the one who decodes reads
  std::vector<std::byte> bytes;       // of a sample
  std::vector<SampleFile> carried;    // and what it carries
  std::optional<int64_t> offset;      // and where in its archive it begins
  std::vector<std::string> warnings;  // of the picture
  std::optional<Status> problem;      // why there will be no row, with a kind
  // Instead of a picture: the unit is complete. `problem` is then the archive's damage, which the unit with its last
  // samples says, and `warnings` are the archive's.
  bool ends_unit = false;
  // The unit cannot be done now: its input is not there, or has changed.
  std::optional<Status> unit_problem = {};
};

}  // namespace convnext
