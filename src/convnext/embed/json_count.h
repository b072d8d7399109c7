// Counts in the JSON files of an output, which anybody may have written.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>

namespace convnext {

// The most that a double holds exactly, and more than any output has.
inline constexpr int64_t kMostCount = int64_t{1} << 53;

// -1, which is no count, where it is too large. Throws, as nlohmann-json does for another type, where it is no whole
// number from 0 on: for where that is caught.
inline int64_t ReadCount(const nlohmann::ordered_json& json) {
  const auto count = json.get_ref<const nlohmann::ordered_json::number_unsigned_t&>();
  return count <= static_cast<uint64_t>(kMostCount) ? static_cast<int64_t>(count) : -1;
}

}  // namespace convnext
