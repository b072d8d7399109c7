// The SIMD twins of resample.cc's passes: integers, so that they give the same bits.
#ifndef CONVNEXT_SCALAR
#include "convnext/image/resample.h"

// As in kernels/simd.cc.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "convnext/image/resample_simd.cc"
#include "hwy/foreach_target.h"
//
#include <cstring>

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace convnext::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr int32_t kHalf = 1 << (kPrecisionBits - 1);

// Four bytes, a pixel and the next one's red, as int32.
template <class D>
HWY_INLINE hn::Vec<D> LoadPixel(D d, const uint8_t* pixel) {
  return hn::PromoteTo(d, hn::LoadU(hn::Rebind<uint8_t, D>(), pixel));
}

template <class D>
HWY_INLINE hn::Vec<hn::Rebind<uint8_t, D>> Clip(D, hn::Vec<D> sum) {
  return hn::DemoteTo(hn::Rebind<uint8_t, D>(), hn::ShiftRight<kPrecisionBits>(sum));
}

template <class D>
HWY_INLINE void StorePixel(D d, hn::Vec<D> sum, uint8_t* pixel) {
  uint8_t bytes[4];
  hn::StoreU(Clip(d, sum), hn::Rebind<uint8_t, D>(), bytes);
  std::memcpy(pixel, bytes, 3);
}

// Four rows share the weights. Each load reads a byte beyond its pixel.
HWY_INLINE void HorizontalFour(const uint8_t* input, int64_t stride, const Filter& filter, uint8_t* output) {
  const hn::CappedTag<int32_t, 4> d;
  const auto width = static_cast<int64_t>(filter.firsts.size());
  for (int64_t i = 0; i < width; ++i, output += 3) {
    const uint8_t* pixel = input + filter.firsts[static_cast<size_t>(i)] * 3;
    const int32_t* weights = filter.weights.data() + i * filter.stride;
    const int64_t count = filter.counts[static_cast<size_t>(i)];
    auto sum0 = hn::Set(d, kHalf), sum1 = sum0, sum2 = sum0, sum3 = sum0;
    for (int64_t k = 0; k < count; ++k, pixel += 3) {
      const auto weight = hn::Set(d, weights[k]);
      sum0 = hn::Add(sum0, hn::Mul(weight, LoadPixel(d, pixel)));
      sum1 = hn::Add(sum1, hn::Mul(weight, LoadPixel(d, pixel + stride)));
      sum2 = hn::Add(sum2, hn::Mul(weight, LoadPixel(d, pixel + 2 * stride)));
      sum3 = hn::Add(sum3, hn::Mul(weight, LoadPixel(d, pixel + 3 * stride)));
    }
    StorePixel(d, sum0, output);
    StorePixel(d, sum1, output + width * 3);
    StorePixel(d, sum2, output + 2 * width * 3);
    StorePixel(d, sum3, output + 3 * width * 3);
  }
}

void Horizontal(const uint8_t* input, int64_t input_stride, int64_t rows, const Filter& filter, uint8_t* output) {
  const auto output_stride = static_cast<int64_t>(filter.firsts.size()) * 3;
  int64_t row = 0;
  // The last row is left to the scalar code, since nothing may follow it in memory.
  for (; row + 4 < rows; row += 4) {
    HorizontalFour(input + row * input_stride, input_stride, filter, output + row * output_stride);
  }
  ScalarResample().horizontal(input + row * input_stride, input_stride, rows - row, filter,
                              output + row * output_stride);
}

// One vector of bytes of an output row, from `count` bytes in a column of rows.
HWY_INLINE void VerticalVector(const uint8_t* column, int64_t stride, const int32_t* weights, int64_t count,
                               uint8_t* output) {
  const hn::ScalableTag<int32_t> d;
  auto sum = hn::Set(d, kHalf);
  for (int64_t k = 0; k < count; ++k) {
    sum = hn::Add(sum, hn::Mul(hn::Set(d, weights[k]), LoadPixel(d, column + k * stride)));
  }
  hn::StoreU(Clip(d, sum), hn::Rebind<uint8_t, decltype(d)>(), output);
}

void Vertical(const uint8_t* input, int64_t input_stride, int64_t row_bytes, const Filter& filter, uint8_t* output) {
  const auto lanes = static_cast<int64_t>(hn::Lanes(hn::ScalableTag<int32_t>()));
  if (row_bytes < lanes) return ScalarResample().vertical(input, input_stride, row_bytes, filter, output);
  for (size_t i = 0; i < filter.firsts.size(); ++i, output += row_bytes) {
    const uint8_t* column = input + filter.firsts[i] * input_stride;
    const int32_t* weights = &filter.weights[i * static_cast<size_t>(filter.stride)];
    for (int64_t x = 0; x < row_bytes; x += lanes) {
      const int64_t start = std::min(x, row_bytes - lanes);  // the last vector overlaps the one before
      VerticalVector(column + start, input_stride, weights, filter.counts[i], output + start);
    }
  }
}

const ResampleKernels& ResampleForTarget() {
  static constexpr ResampleKernels kernels = {Horizontal, Vertical};
  // Highway's own scalar target has vectors of one lane, too short for a pixel.
  return HWY_TARGET == HWY_SCALAR ? ScalarResample() : kernels;
}

}  // namespace convnext::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace convnext {

HWY_EXPORT(ResampleForTarget);

const ResampleKernels& SimdResample() { return HWY_DYNAMIC_DISPATCH(ResampleForTarget)(); }

}  // namespace convnext
#endif
#endif
