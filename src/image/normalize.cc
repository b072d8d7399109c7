#include <cassert>

#include "image/image.h"

namespace convnext {

// torchvision's ToTensor and Normalize: division, subtraction and division again, each rounded to float32.
NormalizationTable MakeNormalizationTable(const Preprocessing& preprocessing) {
  NormalizationTable table;
  for (size_t channel = 0; channel < 3; ++channel) {
    const auto mean = static_cast<float>(preprocessing.mean[channel]);
    const auto std = static_cast<float>(preprocessing.std[channel]);
    for (size_t value = 0; value < 256; ++value)
      table[channel][value] = (static_cast<float>(value) / 255.0F - mean) / std;
  }
  return table;
}

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
