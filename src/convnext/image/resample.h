// Pillow's 8-bit resampling (libImaging/Resample.c), pass by pass, and only for the window that the crop shows.
#pragma once

#include <cstdint>
#include <vector>

#include "convnext/image/image.h"

namespace convnext {

// Weights are fixed-point numbers with this many bits after the point: 8 bits hold the pixel, 2 the weights' overshoot.
inline constexpr int kPrecisionBits = 32 - 8 - 2;

// How one axis of `source` pixels becomes `resized` pixels, of which [first, first + count) are wanted.
struct Axis {
  int64_t source = 0;
  int64_t resized = 0;
  int64_t first = 0;
  int64_t count = 0;
};

// Output pixel i of an axis is the sum over k < counts[i] of weights[i * stride + k] * pixel[firsts[i] + k].
struct Filter {
  int64_t stride = 0;
  std::vector<int64_t> firsts;
  std::vector<int64_t> counts;
  std::vector<int32_t> weights;
};
Filter MakeFilter(const Axis& axis, Interpolation interpolation);

// The two passes over rows of interleaved RGB. Sums begin at a half, are rounded down and clipped to 0..255.
struct ResampleKernels {
  // output: [rows, filter.firsts.size(), 3]; input: `rows` rows, `input_stride` bytes apart.
  void (*horizontal)(const uint8_t* input, int64_t input_stride, int64_t rows, const Filter& filter, uint8_t* output);
  // output: [filter.firsts.size(), row_bytes]; input: rows of `row_bytes` bytes, `input_stride` bytes apart.
  void (*vertical)(const uint8_t* input, int64_t input_stride, int64_t row_bytes, const Filter& filter,
                   uint8_t* output);
};
const ResampleKernels& ScalarResample();
const ResampleKernels& SimdResample();  // the best target of this machine; the scalar one where SIMD is left out

}  // namespace convnext
