#pragma once

#include <cstdint>

namespace convnext {

// N pictures of `pixels` (height x width) and C channels. NHWC has the channels of a pixel side by side, and pixels
// `stride` elements apart; NCHW has a plane for each channel, without gaps.
struct PictureLayout {
  int64_t N = 1, pixels = 0, C = 3;
  int64_t stride = C;
};

template <class From, class To>
void NhwcToNchw(const PictureLayout& layout, const From* nhwc, To* nchw) {
  for (int64_t n = 0; n < layout.N; ++n) {
    for (int64_t c = 0; c < layout.C; ++c) {
      const From* channel = nhwc + n * layout.pixels * layout.stride + c;
      for (int64_t i = 0; i < layout.pixels; ++i) *nchw++ = static_cast<To>(channel[i * layout.stride]);
    }
  }
}

// Leaves the elements between C and `stride` as they are.
template <class From, class To>
void NchwToNhwc(const PictureLayout& layout, const From* nchw, To* nhwc) {
  for (int64_t n = 0; n < layout.N; ++n, nchw += layout.C * layout.pixels) {
    for (int64_t i = 0; i < layout.pixels; ++i, nhwc += layout.stride) {
      for (int64_t c = 0; c < layout.C; ++c) nhwc[c] = static_cast<To>(nchw[c * layout.pixels + i]);
    }
  }
}

}  // namespace convnext
