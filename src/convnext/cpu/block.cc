// ConvNeXtBlock of timm/models/convnext.py, in two ways that give the same bits: by panels of rows, which stay in a
// core's cache through the whole block, or, where there are few rows, by columns of its two products.
#include "convnext/cpu/forward_context.h"

namespace convnext {
namespace {

// Hidden activations of a block that exist at a time, for each row of a panel; a whole number of column tiles, and of
// input blocks of the kernels.
constexpr int64_t kHiddenChunk = 256;

// The pixels under the windows of the tile that begins at (row, column): zeros outside the picture.
template <class T>
void SetWindowPointers(const Activations<T>& x, const T* image, int64_t row, int64_t column, const T* zeros,
                       DepthwiseArgs<T>& args) {
  for (int64_t ky = 0; ky < kDepthwiseSize; ++ky) {
    for (int64_t kx = 0; kx < kDepthwiseTile + kDepthwiseSize - 1; ++kx) {
      const int64_t iy = row + ky - kDepthwiseSize / 2, ix = column + kx - kDepthwiseSize / 2;
      const bool inside = iy >= 0 && iy < x.H && ix >= 0 && ix < x.W;
      args.window[ky][kx] = inside ? image + (iy * x.W + ix) * x.stride : zeros;
    }
  }
}

// conv_dw: rows [first, first + rows) of Conv2d(C, C, kernel 7, padding 3, groups C) into `output`. A tile that ends
// early, at the right edge or the end of the panel, writes what is over to `surplus` [C].
template <class T>
void DepthwiseConvolution(const ForwardContext<T>& context, const ConvNeXtBlock<T>& block, const Activations<T>& x,
                          int64_t first, int64_t rows, T* output, T* surplus) {
  const T* zeros = context.workspace.zeros.data();
  DepthwiseArgs<T> args;
  args.channels = x.stride;
  args.weight = block.conv_dw_weight.data();
  args.bias = block.conv_dw_bias.data();
  for (int64_t done = 0; done < rows;) {
    const int64_t column = (first + done) % x.W, row = (first + done) / x.W % x.H;
    const T* image = x.data + (first + done - row * x.W - column) * x.stride;
    SetWindowPointers(x, image, row, column, zeros, args);
    const int64_t count = std::min({int64_t{kDepthwiseTile}, x.W - column, rows - done});
    for (int64_t i = 0; i < kDepthwiseTile; ++i) args.output[i] = i < count ? output + (done + i) * x.stride : surplus;
    context.vectors.depthwise(args);
    done += count;
  }
}

// fc1: columns [first, first + count) of the hidden activations of `rows` rows.
template <class T>
MatMulArgs<T> Fc1Args(const ForwardContext<T>& context, const ConvNeXtBlock<T>& block, const T* normed, int64_t rows,
                      int64_t first, int64_t count) {
  MatMulArgs<T> args = LinearArgs(block.fc1, rows, first, count);
  args.input = normed;
  args.input_stride = context.vectors.PaddedChannels(block.norm.channels);
  return args;
}

// fc2, layer scale and shortcut: columns [first, first + count) of x + gamma * fc2(hidden).
template <class T>
MatMulArgs<T> Fc2Args(const ForwardContext<T>& context, const ConvNeXtBlock<T>& block, const T* x, int64_t rows,
                      int64_t first, int64_t count, T* y) {
  MatMulArgs<T> args = LinearArgs(block.fc2, rows, first, count);
  args.epilogue = Epilogue::kBiasScaleResidual;
  args.scale = block.gamma.data() + first;
  args.residual = x + first;
  args.output = y + first;
  args.output_stride = context.vectors.PaddedChannels(block.norm.channels);
  return args;
}

// y = x + gamma * fc2(activation(fc1(normed))). The hidden activations exist a chunk at a time; fc2 adds each chunk's
// share to `sums`.
template <class T>
void Mlp(const ForwardContext<T>& context, const ConvNeXtBlock<T>& block, const T* normed, const T* x, int64_t rows,
         T* sums, T* hidden, T* y, LapClock& clock) {
  const int64_t width = block.fc1.outputs;
  for (int64_t h = 0; h < width; h += kHiddenChunk) {
    const int64_t chunk = std::min(kHiddenChunk, width - h);
    MatMulArgs<T> fc1 = Fc1Args(context, block, normed, rows, h, chunk);
    fc1.partial = fc1.output = hidden;
    fc1.partial_stride = fc1.output_stride = kHiddenChunk;
    Multiply(block.fc1, fc1);
    clock.Lap(LayerKind::kFc1, 2 * rows * fc1.K * chunk);

    MatMulArgs<T> fc2 = Fc2Args(context, block, x, rows, 0, block.fc2.outputs, y);
    fc2.K = chunk;
    fc2.input = hidden;
    fc2.input_stride = kHiddenChunk;
    fc2.first_input = h;
    fc2.partial = sums;
    fc2.partial_stride = fc2.output_stride;
    fc2.accumulate = h > 0;
    fc2.finish = h + chunk == width;
    Multiply(block.fc2, fc2);
    clock.Lap(LayerKind::kFc2, 2 * rows * chunk * fc2.O);
  }
}

// conv_dw and norm of rows [first, first + rows) to `normed`.
template <class T>
void DepthwiseAndNorm(const ForwardContext<T>& context, const ConvNeXtBlock<T>& block, const Activations<T>& x,
                      int64_t first, int64_t rows, T* normed, T* surplus, LapClock& clock) {
  DepthwiseConvolution(context, block, x, first, rows, normed, surplus);
  clock.Lap(LayerKind::kDepthwise, 2 * rows * x.C * kDepthwiseSize * kDepthwiseSize);
  Normalize(context, block.norm, normed, rows);
  clock.Lap(LayerKind::kLayerNorm, 0);
}

template <class T>
void BlockByPanels(ForwardContext<T>& context, const ConvNeXtBlock<T>& block, const Activations<T>& x,
                   const Activations<T>& y) {
  ForEachPanel(
      context, x.rows(), 2 * x.stride + kHiddenChunk, [&](int64_t first, int64_t rows, T* panel, LapClock& clock) {
        T* normed = panel;                   // [rows, C]
        T* sums = normed + rows * x.stride;  // [rows, C]
        T* hidden = sums + rows * x.stride;  // [rows, kHiddenChunk]
        DepthwiseAndNorm(context, block, x, first, rows, normed, sums, clock);
        Mlp(context, block, normed, x.data + first * x.stride, rows, sums, hidden, y.data + first * y.stride, clock);
      });
}

// Every weight is read once, by one thread or a few at the same time; all threads meet after the norm and after fc1.
template <class T>
void BlockByColumns(ForwardContext<T>& context, const ConvNeXtBlock<T>& block, const Activations<T>& x,
                    const Activations<T>& y) {
  const int64_t rows = x.rows(), width = context.vectors.PaddedChannels(block.fc1.outputs);
  auto& [normed, hidden] = context.workspace.shared;
  EnsureSize(normed, static_cast<size_t>(rows * x.stride));
  EnsureSize(hidden, static_cast<size_t>(rows * width));
  T* const normed_data = normed.data();
  T* const hidden_data = hidden.data();
  ForEachPanel(context, rows, x.stride, [&](int64_t first, int64_t count, T* surplus, LapClock& clock) {
    DepthwiseAndNorm(context, block, x, first, count, normed_data + first * x.stride, surplus, clock);
  });
  ForEachProductTile(context, block.fc1, rows, [&](const ProductTile& tile, LapClock& clock) {
    MatMulArgs<T> fc1 =
        Fc1Args<T>(context, block, normed_data + tile.first_row * x.stride, tile.rows, tile.first_column, tile.columns);
    fc1.partial = fc1.output = hidden_data + tile.first_row * width + tile.first_column;
    fc1.partial_stride = fc1.output_stride = width;
    Multiply(block.fc1, fc1);
    clock.Lap(LayerKind::kFc1, 2 * tile.rows * fc1.K * tile.columns);
  });
  ForEachProductTile(context, block.fc2, rows, [&](const ProductTile& tile, LapClock& clock) {
    const int64_t place = tile.first_row * x.stride;
    MatMulArgs<T> fc2 =
        Fc2Args<T>(context, block, x.data + place, tile.rows, tile.first_column, tile.columns, y.data + place);
    fc2.input = hidden_data + tile.first_row * width;
    fc2.input_stride = width;
    fc2.partial = fc2.output;
    fc2.partial_stride = fc2.output_stride;
    Multiply(block.fc2, fc2);
    clock.Lap(LayerKind::kFc2, 2 * tile.rows * fc2.K * tile.columns);
  });
}

}  // namespace

template <class T>
Activations<T> Block(ForwardContext<T>& context, const ConvNeXtBlock<T>& block, const Activations<T>& x) {
  const Activations<T> y = NewActivations(context, x.N, x.H, x.W, x.C);
  if (IsByColumns(context.pool.size(), x.rows())) {
    BlockByColumns(context, block, x, y);
  } else {
    BlockByPanels(context, block, x, y);
  }
  return y;
}

template Activations<float> Block(ForwardContext<float>&, const ConvNeXtBlock<float>&, const Activations<float>&);
template Activations<double> Block(ForwardContext<double>&, const ConvNeXtBlock<double>&, const Activations<double>&);

}  // namespace convnext
