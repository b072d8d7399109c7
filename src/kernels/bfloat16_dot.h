// AVX512_BF16's dot product, which Highway 1.0.3 does not have: the only raw intrinsics of the kernels.
#pragma once

#include <cstdint>

namespace convnext {

#if defined(__x86_64__) && !defined(CONVNEXT_SCALAR)
// Whether this CPU has AVX512_BF16 (Cooper Lake, Sapphire Rapids, Zen 4 and later).
bool HasBfloat16Dot();

// sums [rows, 32] (+)= x [rows, pairs] w [pairs, 32]: products of bfloat16, summed in float32; rows at most 6. Both
// operands hold pairs of neighbouring inputs (bfloat16.h); the strides count elements.
void MultiplyBfloat16Tile(int64_t rows, const uint32_t* x, int64_t x_stride, const float* w, int64_t pairs, float* sums,
                          int64_t sums_stride, bool accumulate);

// Dot products in registers and nothing else (Kernels::multiply_adds).
int64_t MultiplyAddsBfloat16(int64_t rounds, float* sink);
#endif

}  // namespace convnext
