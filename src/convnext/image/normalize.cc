#include "convnext/image/image.h"

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

}  // namespace convnext
