// GELU in SIMD; included once per target.
#if defined(CONVNEXT_GELU_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef CONVNEXT_GELU_INL_H
#undef CONVNEXT_GELU_INL_H
#else
#define CONVNEXT_GELU_INL_H
#endif

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace convnext::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// x * Phi(x), Phi the normal distribution function. Phi(x) - 1/2 = x R(x^2) with R a ratio of two polynomials of degree
// 5, fitted to the least greatest error on |x| <= 5.6, which is 9.3e-9; past it Phi is 0 or 1 to 1.1e-8. In float32 the
// error of Phi is at most 1.9e-7, with or without fused multiply-add (tests/kernels_test.cc).
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Gelu(D d, V x) {
  const V s = hn::Mul(x, x);
  V p = hn::Set(d, 2.214519767562706e-08f);
  p = hn::MulAdd(p, s, hn::Set(d, 6.356505309668137e-06f));
  p = hn::MulAdd(p, s, hn::Set(d, 1.738502614898607e-04f));
  p = hn::MulAdd(p, s, hn::Set(d, 4.707256332039833e-03f));
  p = hn::MulAdd(p, s, hn::Set(d, 3.437608852982521e-02f));
  p = hn::MulAdd(p, s, hn::Set(d, 3.98942232131958e-01f));
  V q = hn::Set(d, 1.1802065955635044e-06f);
  q = hn::MulAdd(q, s, hn::Set(d, 7.510164141422138e-05f));
  q = hn::MulAdd(q, s, hn::Set(d, 1.9129758002236485e-03f));
  q = hn::MulAdd(q, s, hn::Set(d, 2.8940072283148766e-02f));
  q = hn::MulAdd(q, s, hn::Set(d, 2.528337836265564e-01f));
  q = hn::MulAdd(q, s, hn::Set(d, 1.0f));
  const V half = hn::Set(d, 0.5f);
  const V inside = hn::Div(hn::Mul(x, p), q);
  const V centred = hn::IfThenElse(hn::Lt(hn::Abs(x), hn::Set(d, 5.6f)), inside, hn::CopySign(half, x));
  return hn::Mul(x, hn::Add(half, centred));
}

}  // namespace convnext::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
