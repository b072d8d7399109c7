// AVX512_BF16's dot product, which Highway 1.0.3 does not have: the only raw intrinsics of the kernels.
#pragma once

#include <cstddef>
#include <cstdint>

namespace convnext {

#if defined(__x86_64__) && !defined(CONVNEXT_SCALAR)
// Whether this CPU has AVX512_BF16 (Cooper Lake, Sapphire Rapids, Zen 4 and later).
bool HasBfloat16Dot();

inline constexpr int kBfloat16RowTile = 12;
// Pairs from one row of x to the next: a constant, so that one register addresses all rows.
inline constexpr int64_t kBfloat16RowStride = 128;

// sums [rows, 32] (+)= x [rows, pairs] w [pairs, 32]: products of bfloat16, summed in float32; rows at most
// kBfloat16RowTile. Both operands hold pairs of neighbouring inputs (bfloat16.h); the stride counts elements. A cache
// line from `prefetch` on is fetched for each pair.
void MultiplyBfloat16Tile(int64_t rows, const uint32_t* x, const uint32_t* w, int64_t pairs, float* sums,
                          int64_t sums_stride, bool accumulate, const std::byte* prefetch);

// Dot products in registers and nothing else (Products::multiply_adds).
int64_t MultiplyAddsBfloat16(int64_t rounds, float* sink);
#endif

}  // namespace convnext
