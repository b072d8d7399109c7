// matmul and pack_matrix in SIMD; included once per target.
#if defined(CONVNEXT_MATMUL_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef CONVNEXT_MATMUL_INL_H
#undef CONVNEXT_MATMUL_INL_H
#else
#define CONVNEXT_MATMUL_INL_H
#endif

#include <algorithm>

#include "hwy/highway.h"
#include "kernels/gelu-inl.h"
#include "kernels/kernels.h"
#include "kernels/matmul_scalar.h"

HWY_BEFORE_NAMESPACE();
namespace convnext::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using MatMulTag = hn::ScalableTag<float>;

// A tile of the product is kRowTile rows by two vectors, held in 12 registers: with two for the weights and one for the
// broadcast input that fills the 16 of AVX2. The strip of weights is exactly as wide, so it is read front to back.
inline constexpr int64_t kRowTile = 6;
// Inputs summed before the partial sums go back to memory: 256 x 16 weights are 16 KiB on AVX2, half of its L1 cache,
// where they stay while all rows pass by.
inline constexpr int64_t kInputBlock = 256;
// Rows that one pass over the weights serves; a multiple of kRowTile.
inline constexpr int64_t kMaxRows = 96;

HWY_INLINE int64_t ColumnTile() { return 2 * static_cast<int64_t>(hn::Lanes(MatMulTag())); }

// The weights of one input for a tile: float32 as they are stored, or one of each pair of bfloat16.
struct Float32Weights {
  static constexpr int64_t kPerElement = 1;
  template <int kPart, class D>
  static HWY_INLINE hn::Vec<D> Load(D d, const float* w) {
    return hn::Load(d, w);
  }
};

struct Bfloat16Weights {
  static constexpr int64_t kPerElement = 2;
  template <int kPart, class D>
  static HWY_INLINE hn::Vec<D> Load(D d, const float* w) {
    const hn::RebindToUnsigned<D> du;
    const auto pairs = hn::BitCast(du, hn::Load(d, w));
    return hn::BitCast(d, kPart == 0 ? hn::ShiftLeft<16>(pairs) : hn::And(pairs, hn::Set(du, 0xffff0000u)));
  }
};

// sums [kRows, 2 vectors] (+)= x [kRows, K] w [K, 2 vectors]; K is a multiple of Weights::kPerElement. The accumulators
// are named one by one because an array of vectors is not possible with scalable ones, and because g++ 12 spills a loop
// over them to the stack.
template <int kRows, class Weights>
HWY_INLINE void MultiplyTile(const float* HWY_RESTRICT x, int64_t x_stride, const float* HWY_RESTRICT w, int64_t K,
                             float* HWY_RESTRICT sums, int64_t sums_stride, bool accumulate) {
  const MatMulTag d;
  const auto N = static_cast<int64_t>(hn::Lanes(d));
  auto c00 = hn::Zero(d), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00;
  auto c30 = c00, c31 = c00, c40 = c00, c41 = c00, c50 = c00, c51 = c00;
  const auto load = [&](int row, auto& a, auto& b) HWY_ATTR {
    a = hn::Load(d, sums + row * sums_stride);
    b = hn::Load(d, sums + row * sums_stride + N);
  };
  if (accumulate) {
    load(0, c00, c01);
    if constexpr (kRows > 1) load(1, c10, c11);
    if constexpr (kRows > 2) load(2, c20, c21);
    if constexpr (kRows > 3) load(3, c30, c31);
    if constexpr (kRows > 4) load(4, c40, c41);
    if constexpr (kRows > 5) load(5, c50, c51);
  }
  const auto multiply_input = [&](const float* input, const auto& w0, const auto& w1) HWY_ATTR {
    const auto multiply = [&](int row, auto& a, auto& b) HWY_ATTR {
      const auto value = hn::Set(d, input[row * x_stride]);
      a = hn::MulAdd(value, w0, a);
      b = hn::MulAdd(value, w1, b);
    };
    multiply(0, c00, c01);
    if constexpr (kRows > 1) multiply(1, c10, c11);
    if constexpr (kRows > 2) multiply(2, c20, c21);
    if constexpr (kRows > 3) multiply(3, c30, c31);
    if constexpr (kRows > 4) multiply(4, c40, c41);
    if constexpr (kRows > 5) multiply(5, c50, c51);
  };
  for (int64_t k = 0; k < K; k += Weights::kPerElement, w += 2 * N) {
    multiply_input(x + k, Weights::template Load<0>(d, w), Weights::template Load<0>(d, w + N));
    if constexpr (Weights::kPerElement == 2)
      multiply_input(x + k + 1, Weights::template Load<1>(d, w), Weights::template Load<1>(d, w + N));
  }
  const auto store = [&](int row, const auto& a, const auto& b) HWY_ATTR {
    hn::Store(a, d, sums + row * sums_stride);
    hn::Store(b, d, sums + row * sums_stride + N);
  };
  store(0, c00, c01);
  if constexpr (kRows > 1) store(1, c10, c11);
  if constexpr (kRows > 2) store(2, c20, c21);
  if constexpr (kRows > 3) store(3, c30, c31);
  if constexpr (kRows > 4) store(4, c40, c41);
  if constexpr (kRows > 5) store(5, c50, c51);
}

template <class Weights, class... Args>
HWY_INLINE void MultiplyRows(int64_t rows, Args... args) {
  switch (rows) {
    case 1:
      return MultiplyTile<1, Weights>(args...);
    case 2:
      return MultiplyTile<2, Weights>(args...);
    case 3:
      return MultiplyTile<3, Weights>(args...);
    case 4:
      return MultiplyTile<4, Weights>(args...);
    case 5:
      return MultiplyTile<5, Weights>(args...);
    default:
      return MultiplyTile<6, Weights>(args...);
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
struct Float32Products {
  struct Block {
    const float* data;
    int64_t stride;
  };
  static constexpr int64_t kPerElement = Float32Weights::kPerElement;
  static Block Inputs(const MatMulArgs<float>& args, int64_t k, int64_t) { return {args.input + k, args.input_stride}; }
  static HWY_INLINE void Multiply(int64_t rows, const float* x, int64_t x_stride, const float* w, int64_t K,
                                  float* sums, int64_t sums_stride, bool accumulate) {
    MultiplyRows<Float32Weights>(rows, x, x_stride, w, K, sums, sums_stride, accumulate);
  }
};

// At most kMaxRows rows.
template <class Products>
HWY_INLINE void MultiplyBlock(const MatMulArgs<float>& args, Products& products) {
  const int64_t tile = ColumnTile();
  for (int64_t k = 0; k < args.K; k += kInputBlock) {
    const int64_t inputs = std::min(kInputBlock, args.K - k);
    const bool last = k + inputs == args.K;
    const auto x = products.Inputs(args, k, inputs);
    for (int64_t column = 0; column < args.O; column += tile) {
      const float* w = args.weight + column / tile * args.weight_strip_stride + k / Products::kPerElement * tile;
      for (int64_t row = 0; row < args.rows; row += kRowTile) {
        const int64_t rows = std::min(kRowTile, args.rows - row);
        Products::Multiply(rows, x.data + row * x.stride, x.stride, w, inputs,
                           args.partial + row * args.partial_stride + column, args.partial_stride,
                           args.accumulate || k > 0);
        for (int64_t i = 0; last && args.finish && i < rows; ++i) FinishRow(args, row + i, column);
      }
    }
  }
}

template <class Products>
void MatMul(const MatMulArgs<float>& args) {
  Products products;
  for (int64_t row = 0; row < args.rows; row += kMaxRows) {
    MatMulArgs<float> block = args;
    block.rows = std::min(kMaxRows, args.rows - row);
    block.input += row * args.input_stride;
    block.partial += row * args.partial_stride;
    block.output += row * args.output_stride;
    if (args.residual != nullptr) block.residual += row * args.output_stride;
    MultiplyBlock(block, products);
  }
}

inline void PackMatrixForTarget(const float* weight, int64_t O, int64_t K, float* packed) {
  PackMatrix(weight, O, K, ColumnTile(), packed);
}

}  // namespace convnext::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
