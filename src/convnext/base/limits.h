// The bounds of a user's options. The library checks them where they come in; the command line asks the same check.
#pragma once

#include <cstdint>
#include <string_view>

#include "convnext/base/status.h"

namespace convnext {

// The values that are allowed, both ends included.
template <class T>
struct Bounds {
  T smallest, largest;
  constexpr bool Contains(T value) const { return value >= smallest && value <= largest; }  // no NaN
};

// kInvalid, "batch size 0: expected 1 to 4096", unless `bounds` contain `value`.
template <class T>
Status CheckBounds(std::string_view name, T value, const Bounds<T>& bounds) {
  if (bounds.Contains(value)) return {};
  return Invalid("{} {}: expected {} to {}", name, value, bounds.smallest, bounds.largest);
}

inline constexpr Bounds<int64_t> kBatchSizes{1, 4096};
inline constexpr Bounds<int64_t> kThreadCounts{1, 1024};
inline constexpr Bounds<int64_t> kListLengths{1, 64};    // batch sizes that are named at a time
inline constexpr Bounds<int64_t> kInputCounts{1, 1000};  // pictures of an evaluation

}  // namespace convnext
