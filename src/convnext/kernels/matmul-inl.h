// matmul and pack in SIMD; included once per target.
#if defined(CONVNEXT_MATMUL_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef CONVNEXT_MATMUL_INL_H
#undef CONVNEXT_MATMUL_INL_H
#else
#define CONVNEXT_MATMUL_INL_H
#endif

#include <algorithm>
#include <type_traits>

#include "convnext/kernels/gelu-inl.h"
#include "convnext/kernels/matmul_scalar.h"
#include "convnext/kernels/products.h"
#include "hwy/cache_control.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace convnext::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using MatMulTag = hn::ScalableTag<float>;

// A tile of the product is kRowTile rows by two vectors, held in 12 registers: with two for the weights and one for the
// broadcast input that fills the 16 of AVX2. AVX-512 has 32, and twice the rows halve the reads of weights. NEON has
// 32, too: 16 sums, which two pipelines with a latency of up to 7 cycles need, and an input register for each row. The
// strip of weights is exactly as wide as the tile, so it is read front to back.
#if HWY_TARGET == HWY_AVX3
inline constexpr int kRowTile = 12;
#elif HWY_TARGET == HWY_NEON
inline constexpr int kRowTile = 8;
#else
inline constexpr int kRowTile = 6;
#endif
// The first tiles of a strip bring the next strip from the L2 or L3 cache while they compute. On a Zen 4 in AVX-512
// that took 4 % off a forward pass; on a Zen 3 in AVX2, whose L1 cache holds two strips and nothing else, it cost 10 %.
inline constexpr bool kPrefetch = HWY_TARGET == HWY_AVX3;
// Inputs summed before the partial sums go back to memory: 256 x 16 weights are 16 KiB on AVX2, half of its L1 cache,
// where they stay while all rows pass by. (AVX-512: all of it, and half the block was slower.)
inline constexpr int64_t kInputBlock = 256;
inline constexpr int64_t kLine = 64;  // bytes of a cache line
// Rows that one pass over the weights serves; a multiple of kRowTile.
inline constexpr int64_t kMaxRows = 96;

HWY_INLINE int64_t ColumnTile() { return 2 * static_cast<int64_t>(hn::Lanes(MatMulTag())); }

// The weights of one input for a tile: float32 as they are stored, or one of each pair of bfloat16.
struct Float32Weights {
  using Element = float;
  static constexpr int64_t kPerElement = 1;
  template <int kPart, class D>
  static HWY_INLINE hn::Vec<D> Load(D d, const float* w) {
    return hn::Load(d, w);
  }
};

struct Bfloat16Weights {
  using Element = uint32_t;
  static constexpr int64_t kPerElement = 2;
  template <int kPart, class D>
  static HWY_INLINE hn::Vec<D> Load(D d, const uint32_t* w) {
    const hn::RebindToUnsigned<D> du;
    const auto pairs = hn::Load(du, w);
    return hn::BitCast(d, kPart == 0 ? hn::ShiftLeft<16>(pairs) : hn::And(pairs, hn::Set(du, 0xffff0000u)));
  }
};

// sums [kRows, 2 vectors] (+)= x [kRows, K] w [K, 2 vectors]. Where a weight element is a pair, an odd K is read up to
// its pair. With kPrefetch a cache line from `prefetch` on is fetched for each element. The accumulators are named one
// by one because an array of vectors is not possible with scalable ones, and because g++ 12 spills a loop over them to
// the stack (a list of them in a lambda, too).
template <int kRows, class Weights>
HWY_INLINE void MultiplyTile(const float* HWY_RESTRICT x, int64_t x_stride,
                             const typename Weights::Element* HWY_RESTRICT w, int64_t K, float* HWY_RESTRICT sums,
                             int64_t sums_stride, bool accumulate, const std::byte* prefetch) {
  const MatMulTag d;
  const auto N = static_cast<int64_t>(hn::Lanes(d));
  auto a0 = hn::Zero(d), b0 = a0, a1 = a0, b1 = a0, a2 = a0, b2 = a0, a3 = a0, b3 = a0, a4 = a0, b4 = a0, a5 = a0,
       b5 = a0, a6 = a0, b6 = a0, a7 = a0, b7 = a0, a8 = a0, b8 = a0, a9 = a0, b9 = a0, a10 = a0, b10 = a0, a11 = a0,
       b11 = a0;
  // input(row): the row's input in every lane.
  const auto multiply_input = [&](const auto& input, const auto& w0, const auto& w1) HWY_ATTR
      __attribute__((always_inline)) {
    const auto multiply = [&](int row, auto& a, auto& b) HWY_ATTR __attribute__((always_inline)) {
      const auto value = input(row);
      a = hn::MulAdd(value, w0, a);
      b = hn::MulAdd(value, w1, b);
    };
    multiply(0, a0, b0);
    if constexpr (kRows > 1) multiply(1, a1, b1);
    if constexpr (kRows > 2) multiply(2, a2, b2);
    if constexpr (kRows > 3) multiply(3, a3, b3);
    if constexpr (kRows > 4) multiply(4, a4, b4);
    if constexpr (kRows > 5) multiply(5, a5, b5);
    if constexpr (kRows > 6) multiply(6, a6, b6);
    if constexpr (kRows > 7) multiply(7, a7, b7);
    if constexpr (kRows > 8) multiply(8, a8, b8);
    if constexpr (kRows > 9) multiply(9, a9, b9);
    if constexpr (kRows > 10) multiply(10, a10, b10);
    if constexpr (kRows > 11) multiply(11, a11, b11);
  };
  int64_t k = 0;
#if HWY_TARGET == HWY_NEON
  // NEON multiplies by one lane of a register: one load brings four inputs of a row, and nothing is broadcast.
  constexpr int kPer = Weights::kPerElement;
  for (; k + 4 <= K; k += 4, w += 4 / kPer * 2 * N) {
    hn::Vec<MatMulTag> inputs[kRows];
    for (int row = 0; row < kRows; ++row) inputs[row] = hn::LoadU(d, x + k + row * x_stride);
    const auto multiply_lane = [&](auto lane) HWY_ATTR __attribute__((always_inline)) {
      constexpr int kLane = decltype(lane)::value;
      const auto* weights = w + kLane / kPer * 2 * N;
      multiply_input(
          [&](int row) HWY_ATTR __attribute__((always_inline)) { return hn::Broadcast<kLane>(inputs[row]); },
          Weights::template Load<kLane % kPer>(d, weights), Weights::template Load<kLane % kPer>(d, weights + N));
    };
    multiply_lane(std::integral_constant<int, 0>());
    multiply_lane(std::integral_constant<int, 1>());
    multiply_lane(std::integral_constant<int, 2>());
    multiply_lane(std::integral_constant<int, 3>());
  }
#endif
  for (; k < K; k += Weights::kPerElement, w += 2 * N, prefetch += kLine) {
    if constexpr (kPrefetch) hwy::Prefetch(prefetch);
    const auto broadcast = [&](int64_t input) HWY_ATTR __attribute__((always_inline)) {
      return [&, input ](int row) HWY_ATTR __attribute__((always_inline)) {
        return hn::Set(d, x[input + row * x_stride]);
      };
    };
    multiply_input(broadcast(k), Weights::template Load<0>(d, w), Weights::template Load<0>(d, w + N));
    if constexpr (Weights::kPerElement == 2)
      multiply_input(broadcast(k + 1), Weights::template Load<1>(d, w), Weights::template Load<1>(d, w + N));
  }
  const auto store = [&](int row, const auto& a, const auto& b) HWY_ATTR {
    float* sum = sums + row * sums_stride;
    hn::Store(accumulate ? hn::Add(hn::Load(d, sum), a) : a, d, sum);
    hn::Store(accumulate ? hn::Add(hn::Load(d, sum + N), b) : b, d, sum + N);
  };
  store(0, a0, b0);
  if constexpr (kRows > 1) store(1, a1, b1);
  if constexpr (kRows > 2) store(2, a2, b2);
  if constexpr (kRows > 3) store(3, a3, b3);
  if constexpr (kRows > 4) store(4, a4, b4);
  if constexpr (kRows > 5) store(5, a5, b5);
  if constexpr (kRows > 6) store(6, a6, b6);
  if constexpr (kRows > 7) store(7, a7, b7);
  if constexpr (kRows > 8) store(8, a8, b8);
  if constexpr (kRows > 9) store(9, a9, b9);
  if constexpr (kRows > 10) store(10, a10, b10);
  if constexpr (kRows > 11) store(11, a11, b11);
}

// The next smaller tile: what is left of a matrix's rows is mostly 8, 4, 2 or 1, and a tile for each number would
// double the code and the time that it takes to compile.
constexpr int SmallerTile(int rows) { return rows > 8 ? 8 : rows > 4 ? 4 : rows > 2 ? 2 : 1; }

// MultiplyTile for a number of rows that is known only now, at most kRows: of tiles no larger than that.
template <int kRows, class Weights>
HWY_INLINE void MultiplyRows(int64_t rows, const float* x, int64_t x_stride, const typename Weights::Element* w,
                             int64_t K, float* sums, int64_t sums_stride, bool accumulate, const std::byte* prefetch) {
  if (rows >= kRows) {
    MultiplyTile<kRows, Weights>(x, x_stride, w, K, sums, sums_stride, accumulate, prefetch);
    x += kRows * x_stride;
    sums += kRows * sums_stride;
    rows -= kRows;
  }
  if constexpr (kRows > 1) {
    if (rows > 0)
      MultiplyRows<SmallerTile(kRows), Weights>(rows, x, x_stride, w, K, sums, sums_stride, accumulate, prefetch);
  }
}

// The epilogue of one row of a tile, which is still in the L1 cache.
HWY_INLINE void FinishRow(const MatMulArgs<float>& args, int64_t row, int64_t column) {
  const MatMulTag d;
  for (int64_t i = 0; i < ColumnTile();
       i += static_cast<int64_t>(hn::Lanes(d)), column += static_cast<int64_t>(hn::Lanes(d))) {
    const auto sum = hn::Load(d, args.partial + row * args.partial_stride + column);
    auto y = hn::Add(sum, hn::Load(d, args.bias + column));
    const int64_t place = row * args.output_stride + column;
    if (args.epilogue == Epilogue::kBiasGelu) {
      y = Gelu(d, y);
    } else if (args.epilogue == Epilogue::kBiasScaleResidual) {
      y = hn::MulAdd(hn::Load(d, args.scale + column), y, hn::Load(d, args.residual + place));
    }
    hn::Store(y, d, args.output + place);
  }
}

// How a table multiplies. Inputs(args, k, count): the inputs [rows, count] from k on as Multiply reads them, and their
// stride; Multiply: a tile of at most kRowTile rows.
struct Float32Operands {
  struct Block {
    const float* data;
    int64_t stride;
  };
  using Element = Float32Weights::Element;
  static PackedLayout Layout() { return PlainLayout<float>(ColumnTile()); }
  static Block Inputs(const MatMulArgs<float>& args, int64_t k, int64_t) { return {args.input + k, args.input_stride}; }
  static HWY_INLINE void Multiply(int64_t rows, const float* x, int64_t x_stride, const float* w, int64_t K,
                                  float* sums, int64_t sums_stride, bool accumulate, const std::byte* prefetch) {
    MultiplyRows<kRowTile, Float32Weights>(rows, x, x_stride, w, K, sums, sums_stride, accumulate, prefetch);
  }
};

// At most kMaxRows rows.
template <class Operands>
HWY_INLINE void MultiplyBlock(const MatMulArgs<float>& args, Operands& operands) {
  const int64_t tile = ColumnTile();
  const PackedLayout layout = Operands::Layout();
  const int64_t strip_bytes = layout.StripBytes(args.weight_inputs);
  for (int64_t k = 0; k < args.K; k += kInputBlock) {
    const int64_t inputs = std::min(kInputBlock, args.K - k);
    const bool last = k + inputs == args.K;
    const auto x = operands.Inputs(args, k, inputs);
    const std::byte* strip = args.weight + layout.InputOffset(args.first_input + k);
    for (int64_t column = 0; column < args.O; column += tile, strip += strip_bytes) {
      const std::byte* next = strip + strip_bytes;
      for (int64_t row = 0; row < args.rows; row += kRowTile, next += inputs / layout.input_group * kLine) {
        const int64_t rows = std::min<int64_t>(kRowTile, args.rows - row);
        Operands::Multiply(rows, x.data + row * x.stride, x.stride, Elements<typename Operands::Element>(strip), inputs,
                           args.partial + row * args.partial_stride + column, args.partial_stride,
                           args.accumulate || k > 0, next);
        for (int64_t i = 0; last && args.finish && i < rows; ++i) FinishRow(args, row + i, column);
      }
    }
  }
}

template <class Operands>
void MatMul(const MatMulArgs<float>& args) {
  Operands operands;
  for (int64_t row = 0; row < args.rows; row += kMaxRows) {
    MatMulArgs<float> block = args;
    block.rows = std::min(kMaxRows, args.rows - row);
    block.input += row * args.input_stride;
    block.partial += row * args.partial_stride;
    block.output += row * args.output_stride;
    if (args.residual != nullptr) block.residual += row * args.output_stride;
    MultiplyBlock(block, operands);
  }
}

inline void PackMatrixForTarget(const float* weight, int64_t O, int64_t K, std::byte* packed) {
  PackMatrix<float>(weight, O, K, ColumnTile(), packed);
}

}  // namespace convnext::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
