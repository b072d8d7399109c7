// bfloat16: the upper half of a float32. Rounded to nearest, ties to even; NaN stays NaN.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace convnext {

inline uint16_t ToBfloat16(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  if (std::isnan(value)) return static_cast<uint16_t>((bits >> 16) | 0x40);
  return static_cast<uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

inline float FromBfloat16(uint16_t value) { return std::bit_cast<float>(uint32_t{value} << 16); }

// Two neighbouring inputs in one element: the first in the lower half.
inline uint32_t Bfloat16Pair(float first, float second) {
  return ToBfloat16(first) | (uint32_t{ToBfloat16(second)} << 16);
}

}  // namespace convnext
