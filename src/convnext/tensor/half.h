// float16: IEEE binary16 [sign 1, exponent 5, fraction 10].
#pragma once

#include <bit>
#include <cstdint>

namespace convnext {

// Exact. The exponent and fraction, moved up to where float32 has them, make a float 2^112 too small (the biases are 15
// and 127); multiplying it back is exact, subnormal halves included.
inline float FromHalf(uint16_t half) {
  const uint32_t magnitude = half & 0x7fffu;
  const auto scaled = std::bit_cast<uint32_t>(std::bit_cast<float>(magnitude << 13) * 0x1p112f);
  const uint32_t special = 0x7f800000u | (magnitude << 13);  // infinity and NaN
  return std::bit_cast<float>((magnitude >= 0x7c00u ? special : scaled) | (uint32_t{half} & 0x8000u) << 16);
}

// Rounded to nearest, ties to even; infinite from 65520 on.
inline uint16_t ToHalf(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  const uint32_t sign = (bits >> 16) & 0x8000u, magnitude = bits & 0x7fffffffu;
  if (magnitude >= 0x7f800000u) return static_cast<uint16_t>(sign | 0x7c00u | (magnitude > 0x7f800000u ? 0x200u : 0u));
  if (magnitude >= 0x47800000u) return static_cast<uint16_t>(sign | 0x7c00u);  // 65536
  if (magnitude < 0x38800000u) {  // a subnormal half: a sum with 0.5 rounds it to steps of 2^-24
    const float sum = std::bit_cast<float>(magnitude) + 0.5f;
    return static_cast<uint16_t>(sign | (std::bit_cast<uint32_t>(sum) - std::bit_cast<uint32_t>(0.5f)));
  }
  const uint32_t rounded = magnitude - (112u << 23) + 0xfffu + ((magnitude >> 13) & 1u);
  return static_cast<uint16_t>(sign | (rounded >> 13));
}

}  // namespace convnext
