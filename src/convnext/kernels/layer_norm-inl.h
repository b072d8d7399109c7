// LayerNorm and the mean over rows in SIMD; included once per target.
#if defined(CONVNEXT_LAYER_NORM_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef CONVNEXT_LAYER_NORM_INL_H
#undef CONVNEXT_LAYER_NORM_INL_H
#else
#define CONVNEXT_LAYER_NORM_INL_H
#endif

#include <cmath>

#include "convnext/kernels/vectors.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace convnext::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// The squares of the differences from the mean are summed in a second pass: E[x^2] - E[x]^2 loses all digits where the
// mean is large. The lanes past `channels` are kept out of the variance and are zero in the output because weight and
// bias are.
inline void LayerNorm(const LayerNormArgs<float>& args) {
  const hn::ScalableTag<float> d;
  const auto N = static_cast<int64_t>(hn::Lanes(d));
  const auto count = static_cast<float>(args.channels);
  for (int64_t row = 0; row < args.rows; ++row) {
    const float* x = args.input + row * args.stride;
    float* y = args.output + row * args.stride;
    auto sum = hn::Zero(d);
    for (int64_t c = 0; c < args.stride; c += N) sum = hn::Add(sum, hn::Load(d, x + c));
    const auto mean = hn::Div(hn::SumOfLanes(d, sum), hn::Set(d, count));

    auto squares = hn::Zero(d);
    int64_t c = 0;
    for (; c + N <= args.channels; c += N) {
      const auto difference = hn::Sub(hn::Load(d, x + c), mean);
      squares = hn::MulAdd(difference, difference, squares);
    }
    if (c < args.channels) {
      const auto used = hn::FirstN(d, static_cast<size_t>(args.channels - c));
      const auto difference = hn::IfThenElseZero(used, hn::Sub(hn::Load(d, x + c), mean));
      squares = hn::MulAdd(difference, difference, squares);
    }
    const float variance = hn::GetLane(hn::SumOfLanes(d, squares)) / count;
    const auto scale = hn::Set(d, 1.0f / std::sqrt(variance + static_cast<float>(args.eps)));
    for (c = 0; c < args.stride; c += N) {
      const auto normed = hn::Mul(hn::Sub(hn::Load(d, x + c), mean), scale);
      hn::Store(hn::MulAdd(normed, hn::Load(d, args.weight + c), hn::Load(d, args.bias + c)), d, y + c);
    }
  }
}

inline void MeanRows(const float* input, int64_t rows, int64_t channels, float* output) {
  const hn::ScalableTag<float> d;
  for (int64_t c = 0; c < channels; c += static_cast<int64_t>(hn::Lanes(d))) {
    auto sum = hn::Zero(d);
    for (int64_t row = 0; row < rows; ++row) sum = hn::Add(sum, hn::Load(d, input + row * channels + c));
    hn::Store(hn::Div(sum, hn::Set(d, static_cast<float>(rows))), d, output + c);
  }
}

}  // namespace convnext::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
