// matmul with products of bfloat16, summed in float32; included once per target.
#if defined(CONVNEXT_MATMUL_BFLOAT16_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef CONVNEXT_MATMUL_BFLOAT16_INL_H
#undef CONVNEXT_MATMUL_BFLOAT16_INL_H
#else
#define CONVNEXT_MATMUL_BFLOAT16_INL_H
#endif

#include "convnext/kernels/bfloat16.h"
#include "convnext/kernels/bfloat16_dot.h"
#include "convnext/kernels/matmul-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace convnext::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Float32 bits to those of the nearest bfloat16 (ToBfloat16 in bfloat16.h), in the upper half; the lower half is not
// cleared.
template <class DU, class V = hn::Vec<DU>>
HWY_INLINE V RoundToBfloat16(DU du, V bits) {
  const hn::RebindToFloat<DU> d;
  const auto odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(du, 1u));
  const auto rounded = hn::Add(bits, hn::Add(odd, hn::Set(du, 0x7fffu)));
  const auto quiet = hn::Or(bits, hn::Set(du, 0x400000u));
  return hn::IfThenElse(hn::MaskFromVec(hn::BitCast(du, hn::VecFromMask(d, hn::IsNaN(hn::BitCast(d, bits))))), quiet,
                        rounded);
}

// Where there is no instruction: inputs rounded to bfloat16 but kept as float32, weights widened where they are used.
struct EmulatedBfloat16Operands {
  struct Block {
    const float* data;
    int64_t stride;
  };
  using Element = Bfloat16Weights::Element;
  static PackedLayout Layout() { return Bfloat16Layout(ColumnTile()); }

  Block Inputs(const MatMulArgs<float>& args, int64_t k, int64_t count) {
    const MatMulTag d;
    const hn::RebindToUnsigned<MatMulTag> du;
    const auto N = static_cast<int64_t>(hn::Lanes(d));
    for (int64_t row = 0; row < args.rows; ++row) {
      const float* from = args.input + row * args.input_stride + k;
      float* to = rounded_ + row * kInputBlock;
      int64_t i = 0;
      for (; i + N <= count; i += N) {
        const auto bits = RoundToBfloat16(du, hn::BitCast(du, hn::LoadU(d, from + i)));
        hn::Store(hn::BitCast(d, hn::And(bits, hn::Set(du, 0xffff0000u))), d, to + i);
      }
      for (; i < count; ++i) to[i] = FromBfloat16(ToBfloat16(from[i]));
      if (count % 2 != 0) to[count] = 0;
    }
    return {rounded_, kInputBlock};
  }

  static HWY_INLINE void Multiply(int64_t rows, const float* x, int64_t x_stride, const uint32_t* w, int64_t K,
                                  float* sums, int64_t sums_stride, bool accumulate, const std::byte* prefetch) {
    MultiplyRows<kRowTile, Bfloat16Weights>(rows, x, x_stride, w, K, sums, sums_stride, accumulate, prefetch);
  }

  alignas(kAlignment) float rounded_[kMaxRows * kInputBlock];
};

#if HWY_TARGET == HWY_AVX3
// AVX512_BF16: inputs in pairs, as the weights.
struct DotBfloat16Operands {
  struct Block {
    const uint32_t* data;
    int64_t stride;
  };
  using Element = Bfloat16Weights::Element;
  static PackedLayout Layout() { return Bfloat16Layout(ColumnTile()); }
  static_assert(kRowTile <= kBfloat16RowTile && kInputBlock == 2 * kBfloat16RowStride);

  Block Inputs(const MatMulArgs<float>& args, int64_t k, int64_t count) {
    const hn::ScalableTag<uint32_t> du;
    const auto N = static_cast<int64_t>(hn::Lanes(du));
    for (int64_t row = 0; row < args.rows; ++row) {
      const float* from = args.input + row * args.input_stride + k;
      uint32_t* to = pairs_ + row * kBfloat16RowStride;
      int64_t i = 0;
      for (; i + 2 * N <= count; i += 2 * N) hn::Store(PairUp(from + i), du, to + i / 2);
      for (; i < count; i += 2) to[i / 2] = Bfloat16Pair(from[i], i + 1 < count ? from[i + 1] : 0.0f);
    }
    return {pairs_, kBfloat16RowStride};
  }

  static HWY_INLINE void Multiply(int64_t rows, const uint32_t* x, int64_t, const uint32_t* w, int64_t K, float* sums,
                                  int64_t sums_stride, bool accumulate, const std::byte* prefetch) {
    MultiplyBfloat16Tile(rows, x, w, (K + 1) / 2, sums, sums_stride, accumulate, prefetch);
  }

 private:
  // The float32 values of two vectors as one of pairs.
  static HWY_INLINE hn::Vec<hn::ScalableTag<uint32_t>> PairUp(const float* from) {
    const MatMulTag d;
    const hn::ScalableTag<uint32_t> du;
    const auto low = RoundToBfloat16(du, hn::BitCast(du, hn::LoadU(d, from)));
    const auto high = RoundToBfloat16(du, hn::BitCast(du, hn::LoadU(d, from + hn::Lanes(d))));
    const auto first = hn::ShiftRight<16>(hn::ConcatEven(du, high, low));
    return hn::Or(first, hn::And(hn::ConcatOdd(du, high, low), hn::Set(du, 0xffff0000u)));
  }

  alignas(kAlignment) uint32_t pairs_[kMaxRows * kBfloat16RowStride];
};
#endif

inline void PackBfloat16MatrixForTarget(const float* weight, int64_t O, int64_t K, std::byte* packed) {
  PackBfloat16Matrix(weight, O, K, ColumnTile(), packed);
}

}  // namespace convnext::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
