// The number formats below float32 that a chip computes in, as values of float32.
#pragma once

#include <cstdint>
#include <span>

namespace ascend_emulator {

enum class Rounding { kNone, kFloat16, kHf32 };

// IEEE 754 binary16, ties to even: beyond 65504 infinity, below 2^-14 multiples of 2^-24.
float RoundToFloat16(float value);

// HF32: the exponent of float32 with 11 bits of fraction, so a product is off by up to 2^-12.
// See docs/ascend-facts.md, "Compiling: precision".
float RoundToHf32(float value);

void Round(Rounding rounding, std::span<float> values);

uint16_t Float16Bits(float value);
float FromFloat16Bits(uint16_t bits);

}  // namespace ascend_emulator
