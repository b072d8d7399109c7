#include "convnext/tensor/normalize.h"

#include <cassert>

namespace convnext {

void Normalize(std::span<const uint8_t> pixels, const NormalizationTable& table, std::span<float> output) {
  assert(output.size() == pixels.size());
  for (size_t i = 0; i + 2 < output.size(); i += 3) {
    for (size_t channel = 0; channel < 3; ++channel) output[i + channel] = table[channel][pixels[i + channel]];
  }
}

void NormalizeToNchw(std::span<const uint8_t> pictures, int64_t pixels, const NormalizationTable& table,
                     float* planes) {
  const auto count = static_cast<size_t>(pixels);
  for (; !pictures.empty(); pictures = pictures.subspan(3 * count)) {
    for (size_t channel = 0; channel < 3; ++channel) {
      for (size_t i = 0; i < count; ++i) *planes++ = table[channel][pictures[3 * i + channel]];
    }
  }
}

}  // namespace convnext
