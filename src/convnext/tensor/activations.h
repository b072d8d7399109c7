#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace convnext {

// Activations [N, H, W, C] with C padded to `stride` elements.
template <class T>
struct Activations {
  int64_t N = 0, H = 0, W = 0, C = 0;
  int64_t stride = 0;
  T* data = nullptr;

  int64_t rows() const { return N * H * W; }
};

// Sees the activations after "stem", "stage0" to "stage3" and "head_norm" (H = W = 1).
template <class T>
using Tap = std::function<void(std::string_view name, const Activations<T>&)>;

}  // namespace convnext
