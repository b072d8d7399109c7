#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <vector>

namespace convnext {

using Shape = std::vector<int64_t>;  // outermost dimension first

// a * b, or nothing if that does not fit.
std::optional<size_t> CheckedProduct(size_t a, size_t b);

// The number of elements of `shape` (1 for a scalar), or nothing if a dimension is negative or the product does not fit
// in int64.
std::optional<size_t> ElementCount(std::span<const int64_t> shape);

}  // namespace convnext
