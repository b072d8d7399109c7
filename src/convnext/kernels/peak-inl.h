// The arithmetic limit of a core in SIMD; included once per target.
#if defined(CONVNEXT_PEAK_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef CONVNEXT_PEAK_INL_H
#undef CONVNEXT_PEAK_INL_H
#else
#define CONVNEXT_PEAK_INL_H
#endif

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace convnext::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Twelve independent chains of multiply-adds hide a latency of 6 cycles at two a cycle; they stay in registers. Each
// begins with another value: equal ones the compiler would compute once.
inline int64_t MultiplyAdds(int64_t rounds, float* sink) {
  const hn::ScalableTag<float> d;
  const auto a = hn::Set(d, 0.999f), b = hn::Set(d, *sink);
  const auto one = hn::Set(d, 1.0f);
  auto s0 = b, s1 = hn::Add(s0, one), s2 = hn::Add(s1, one), s3 = hn::Add(s2, one), s4 = hn::Add(s3, one),
       s5 = hn::Add(s4, one), s6 = hn::Add(s5, one), s7 = hn::Add(s6, one), s8 = hn::Add(s7, one),
       s9 = hn::Add(s8, one), s10 = hn::Add(s9, one), s11 = hn::Add(s10, one);
  for (int64_t i = 0; i < rounds; ++i) {
    s0 = hn::MulAdd(s0, a, b);
    s1 = hn::MulAdd(s1, a, b);
    s2 = hn::MulAdd(s2, a, b);
    s3 = hn::MulAdd(s3, a, b);
    s4 = hn::MulAdd(s4, a, b);
    s5 = hn::MulAdd(s5, a, b);
    s6 = hn::MulAdd(s6, a, b);
    s7 = hn::MulAdd(s7, a, b);
    s8 = hn::MulAdd(s8, a, b);
    s9 = hn::MulAdd(s9, a, b);
    s10 = hn::MulAdd(s10, a, b);
    s11 = hn::MulAdd(s11, a, b);
  }
  const auto low = hn::Add(hn::Add(hn::Add(s0, s1), hn::Add(s2, s3)), hn::Add(s4, s5));
  const auto high = hn::Add(hn::Add(hn::Add(s6, s7), hn::Add(s8, s9)), hn::Add(s10, s11));
  *sink = hn::GetLane(hn::SumOfLanes(d, hn::Add(low, high)));
  return rounds * 12 * 2 * static_cast<int64_t>(hn::Lanes(d));
}

}  // namespace convnext::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
