#include <cassert>

#include "image/image.h"

namespace convnext {

// torchvision's ToTensor and Normalize: division, subtraction and division again, each rounded to float32.
void Normalize(const Pixels& pixels, const Preprocessing& preprocessing, std::span<float> output) {
  assert(output.size() == pixels.data.size());
  for (size_t channel = 0; channel < 3; ++channel) {
    const auto mean = static_cast<float>(preprocessing.mean[channel]);
    const auto std = static_cast<float>(preprocessing.std[channel]);
    for (size_t i = channel; i < output.size(); i += 3) {
      output[i] = (static_cast<float>(pixels.data[i]) / 255.0F - mean) / std;
    }
  }
}

}  // namespace convnext
