#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace convnext {

// What each value of each channel of an 8-bit RGB picture becomes before a model reads it.
using NormalizationTable = std::array<std::array<float, 256>, 3>;

// Pixels by the table, NHWC: [..., 3] to `output`.
void Normalize(std::span<const uint8_t> pixels, const NormalizationTable& table, std::span<float> output);

// The same of pictures of `pixels` pixels each, [n, pixels, 3], to planes, [n, 3, pixels].
void NormalizeToNchw(std::span<const uint8_t> pictures, int64_t pixels, const NormalizationTable& table, float* planes);

}  // namespace convnext
