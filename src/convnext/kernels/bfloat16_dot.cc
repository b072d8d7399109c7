#include "convnext/kernels/bfloat16_dot.h"

#if defined(__x86_64__) && !defined(CONVNEXT_SCALAR)
#include <immintrin.h>

#define CONVNEXT_TARGET __attribute__((target("avx512f,avx512bf16")))  // an attribute: no function can stand for it

namespace convnext {
namespace {

constexpr int64_t kLanes = 16;
constexpr int64_t kLine = 64;  // bytes of a cache line

CONVNEXT_TARGET inline __m512bh AsBfloat16Pairs(__m512i bits) { return reinterpret_cast<__m512bh>(bits); }

// The accumulators are an array that the compiler keeps in registers: all loops over it have constant bounds.
template <int kRows>
CONVNEXT_TARGET void Tile(const uint32_t* x, const uint32_t* w, int64_t pairs, float* sums, int64_t sums_stride,
                          bool accumulate, const std::byte* prefetch) {
  __m512 c[kRows][2];
#pragma GCC unroll 12
  for (int row = 0; row < kRows; ++row) {
    for (int j = 0; j < 2; ++j)
      c[row][j] = accumulate ? _mm512_load_ps(sums + row * sums_stride + j * kLanes) : _mm512_setzero_ps();
  }
  for (int64_t k = 0; k < pairs; ++k, w += 2 * kLanes, prefetch += kLine) {
    _mm_prefetch(prefetch, _MM_HINT_T0);
    const __m512bh w0 = AsBfloat16Pairs(_mm512_load_si512(w)), w1 = AsBfloat16Pairs(_mm512_load_si512(w + kLanes));
    for (int row = 0; row < kRows; ++row) {
      const __m512bh value = AsBfloat16Pairs(_mm512_set1_epi32(static_cast<int>(x[row * kBfloat16RowStride + k])));
      c[row][0] = _mm512_dpbf16_ps(c[row][0], value, w0);
      c[row][1] = _mm512_dpbf16_ps(c[row][1], value, w1);
    }
  }
#pragma GCC unroll 12
  for (int row = 0; row < kRows; ++row) {
    for (int j = 0; j < 2; ++j) _mm512_store_ps(sums + row * sums_stride + j * kLanes, c[row][j]);
  }
}

// Tile for a number of rows that is known only now, at most kRows.
template <int kRows, class... Args>
CONVNEXT_TARGET void TileOf(int64_t rows, Args... args) {
  if constexpr (kRows > 1) {
    if (rows < kRows) return TileOf<kRows - 1>(rows, args...);
  }
  Tile<kRows>(args...);
}

}  // namespace

bool HasBfloat16Dot() { return __builtin_cpu_supports("avx512bf16") != 0; }

void MultiplyBfloat16Tile(int64_t rows, const uint32_t* x, const uint32_t* w, int64_t pairs, float* sums,
                          int64_t sums_stride, bool accumulate, const std::byte* prefetch) {
  TileOf<kBfloat16RowTile>(rows, x, w, pairs, sums, sums_stride, accumulate, prefetch);
}

CONVNEXT_TARGET int64_t MultiplyAddsBfloat16(int64_t rounds, float* sink) {
  constexpr int kChains = 12;
  __m512 c[kChains];
  for (int i = 0; i < kChains; ++i) c[i] = _mm512_set1_ps(*sink + static_cast<float>(i));
  __m512i bits = _mm512_set1_epi32(0x3c003c00);
  for (int64_t i = 0; i < rounds; ++i) {
    for (__m512& sum : c) sum = _mm512_dpbf16_ps(sum, AsBfloat16Pairs(bits), AsBfloat16Pairs(bits));
    asm volatile("" : "+v"(bits));  // else the compiler could take the products out of the loop
  }
  alignas(64) float lanes[kLanes];
  for (const __m512& sum : c) {
    _mm512_store_ps(lanes, sum);
    *sink += lanes[0];
  }
  return rounds * kChains * 2 * 2 * kLanes;
}

}  // namespace convnext
#endif
