// The 7x7 depthwise convolution in SIMD; included once per target.
#if defined(CONVNEXT_DEPTHWISE_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef CONVNEXT_DEPTHWISE_INL_H
#undef CONVNEXT_DEPTHWISE_INL_H
#else
#define CONVNEXT_DEPTHWISE_INL_H
#endif

#include "convnext/kernels/vectors.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace convnext::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// One vector of channels of eight neighbouring pixels at a time: each weight is loaded once for the eight.
inline void Depthwise(const DepthwiseArgs<float>& args) {
  const hn::ScalableTag<float> d;
  static_assert(kDepthwiseTile == 8, "eight accumulators are named below");
  for (int64_t c = 0; c < args.channels; c += static_cast<int64_t>(hn::Lanes(d))) {
    auto s0 = hn::Load(d, args.bias + c);
    auto s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
    const float* HWY_RESTRICT weight = args.weight + c;
    for (int y = 0; y < kDepthwiseSize; ++y) {
      const float* const* window = args.window[y];
      for (int x = 0; x < kDepthwiseSize; ++x, ++window, weight += args.channels) {
        const auto w = hn::Load(d, weight);
        s0 = hn::MulAdd(w, hn::Load(d, window[0] + c), s0);
        s1 = hn::MulAdd(w, hn::Load(d, window[1] + c), s1);
        s2 = hn::MulAdd(w, hn::Load(d, window[2] + c), s2);
        s3 = hn::MulAdd(w, hn::Load(d, window[3] + c), s3);
        s4 = hn::MulAdd(w, hn::Load(d, window[4] + c), s4);
        s5 = hn::MulAdd(w, hn::Load(d, window[5] + c), s5);
        s6 = hn::MulAdd(w, hn::Load(d, window[6] + c), s6);
        s7 = hn::MulAdd(w, hn::Load(d, window[7] + c), s7);
      }
    }
    hn::Store(s0, d, args.output[0] + c);
    hn::Store(s1, d, args.output[1] + c);
    hn::Store(s2, d, args.output[2] + c);
    hn::Store(s3, d, args.output[3] + c);
    hn::Store(s4, d, args.output[4] + c);
    hn::Store(s5, d, args.output[5] + c);
    hn::Store(s6, d, args.output[6] + c);
    hn::Store(s7, d, args.output[7] + c);
  }
}

}  // namespace convnext::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
