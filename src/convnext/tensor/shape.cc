#include "convnext/tensor/shape.h"

#include <limits>

namespace convnext {

std::optional<size_t> CheckedProduct(size_t a, size_t b) {
  size_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
  return product;
}

std::optional<size_t> ElementCount(std::span<const int64_t> shape) {
  size_t count = 1;
  for (const int64_t size : shape) {
    const auto product = size < 0 ? std::nullopt : CheckedProduct(count, static_cast<size_t>(size));
    if (!product || *product > static_cast<size_t>(std::numeric_limits<int64_t>::max())) return std::nullopt;
    count = *product;
  }
  return count;
}

}  // namespace convnext
