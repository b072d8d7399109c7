#include "rounding.h"

#include <bit>
#include <cmath>

namespace ascend_emulator {
namespace {

constexpr uint32_t kSign = 0x80000000u, kInfinity = 0x7f800000u;

// Rounds the last `bits` bits of a fraction away, ties to even; a carry goes on into the exponent, as it must.
uint32_t RoundBits(uint32_t value, unsigned bits) {
  const uint32_t half = 1u << (bits - 1), odd = value >> bits & 1u;
  return (value + half - 1 + odd) & ~((1u << bits) - 1);
}

}  // namespace

float RoundToFloat16(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  const uint32_t sign = bits & kSign, magnitude = bits & ~kSign;
  if (magnitude >= kInfinity) return value;                                     // also NaN
  if (magnitude >= 0x477ff000u) return std::bit_cast<float>(sign | kInfinity);  // from 65520 on
  if (magnitude < 0x38800000u) {
    // Below 2^-14: floats from 0.5 to 1 are multiples of 2^-24, so the addition rounds.
    const float rounded = (std::bit_cast<float>(magnitude) + 0.5f) - 0.5f;
    return std::bit_cast<float>(sign | std::bit_cast<uint32_t>(rounded));
  }
  return std::bit_cast<float>(sign | RoundBits(magnitude, 13));
}

float RoundToHf32(float value) {
  const auto bits = std::bit_cast<uint32_t>(value);
  const uint32_t magnitude = bits & ~kSign;
  if (magnitude >= kInfinity) return value;
  return std::bit_cast<float>((bits & kSign) | RoundBits(magnitude, 12));
}

void Round(Rounding rounding, std::span<float> values) {
  if (rounding == Rounding::kFloat16) {
    for (float& value : values) value = RoundToFloat16(value);
  } else if (rounding == Rounding::kHf32) {
    for (float& value : values) value = RoundToHf32(value);
  }
}

uint16_t Float16Bits(float value) {
  const auto bits = std::bit_cast<uint32_t>(RoundToFloat16(value));
  const uint32_t sign = bits >> 16 & 0x8000u, magnitude = bits & ~kSign;
  if (magnitude > kInfinity) return static_cast<uint16_t>(sign | 0x7e00u);
  if (magnitude == kInfinity) return static_cast<uint16_t>(sign | 0x7c00u);
  if (magnitude < 0x38800000u) {
    const auto multiple = static_cast<uint32_t>(std::ldexp(std::bit_cast<float>(magnitude), 24));
    return static_cast<uint16_t>(sign | multiple);
  }
  return static_cast<uint16_t>(sign | ((magnitude - 0x38000000u) >> 13));
}

float FromFloat16Bits(uint16_t bits) {
  const uint32_t sign = (bits & 0x8000u) << 16, exponent = bits >> 10 & 0x1fu, fraction = bits & 0x3ffu;
  if (exponent == 31) return std::bit_cast<float>(sign | kInfinity | fraction << 13);
  if (exponent == 0) return std::copysign(std::ldexp(static_cast<float>(fraction), -24), std::bit_cast<float>(sign));
  return std::bit_cast<float>(sign | (exponent + 112) << 23 | fraction << 13);
}

}  // namespace ascend_emulator
