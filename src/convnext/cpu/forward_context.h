// The layers of a forward pass share this context (memory, threads, the clock) and these loops over rows and tiles of a
// layer. Internal to model/.
#pragma once

#include <algorithm>

#include "convnext/cpu/convnext.h"
#include "convnext/cpu/partition.h"

namespace convnext {

template <class T>
struct ForwardContext {  // what all layers of one forward pass share
  const ConvNeXt<T>& model;
  const Vectors<T>& vectors;
  ThreadPool& pool;
  Workspace<T>& workspace;
  size_t current = 0;  // which of the two activation buffers holds the last layer's output
  size_t stage = 0;
  ForwardProfile profile = {};
};

template <class T>
void EnsureSize(AlignedVector<T>& buffer, size_t size) {
  if (buffer.size() >= size) return;
  buffer = {};  // nothing in it is needed: not copied
  buffer.resize(size);
}

// Activations for the next layer to write, in the buffer that the last one did not use.
template <class T>
Activations<T> NewActivations(ForwardContext<T>& context, int64_t N, int64_t H, int64_t W, int64_t C) {
  context.current = 1 - context.current;
  AlignedVector<T>& buffer = context.workspace.activations[context.current];
  Activations<T> x{N, H, W, C, context.vectors.PaddedChannels(C), nullptr};
  const auto size = static_cast<size_t>(x.rows() * x.stride);
  EnsureSize(buffer, size);
  x.data = buffer.data();
  return x;
}

struct alignas(2 * kAlignment) ThreadCosts {  // a thread's own cache lines
  LayerCosts costs;
};

// Adds what the threads of a layer did, and how long they had nothing to do, to the profile.
template <class T>
void AddCosts(ForwardContext<T>& context, const std::vector<ThreadCosts>& threads, const Stopwatch& stopwatch) {
  LayerCosts& stage = context.profile.stages[context.stage];
  int64_t idle = Nanoseconds(stopwatch.Seconds()) * context.pool.size();
  for (const ThreadCosts& thread : threads) idle -= AddTo(stage, thread.costs);
  stage[static_cast<size_t>(LayerKind::kWait)].nanoseconds += idle;
}

// Calls run(first, number, worker, clock) for all ranges of `step` of `count` rows or columns, in parallel.
template <class T, class Run>
void ForEachRange(ForwardContext<T>& context, int64_t count, int64_t step, const Run& run) {
  std::vector<ThreadCosts> threads(static_cast<size_t>(context.pool.size()));
  const Stopwatch stopwatch;
  context.pool.Run(static_cast<size_t>(DivideUp(count, step)), [&](size_t index, size_t worker) {
    const int64_t first = static_cast<int64_t>(index) * step;
    LapClock clock(threads[worker].costs);
    run(first, std::min(step, count - first), worker, clock);
  });
  AddCosts(context, threads, stopwatch);
}

// Calls layer(first row, number of rows, scratch memory of `elements` for each row, clock) for all panels, in parallel.
template <class T, class Layer>
void ForEachPanel(ForwardContext<T>& context, int64_t rows, int64_t elements, const Layer& layer) {
  const int64_t panel_rows = PanelRows(context.pool.size(), rows, elements * static_cast<int64_t>(sizeof(T)));
  for (AlignedVector<T>& panel : context.workspace.panels)
    EnsureSize(panel, static_cast<size_t>(panel_rows * elements));
  ForEachRange(context, rows, panel_rows, [&](int64_t first, int64_t number, size_t worker, LapClock& clock) {
    layer(first, number, context.workspace.panels[worker].data(), clock);
  });
}

struct ProductTile {  // of a product [rows, columns]
  int64_t first_row, rows, first_column, columns;
};

// Calls run(tile, clock) for all tiles of a product of `rows` rows, in parallel.
template <class T, class Run>
void ForEachProductTile(ForwardContext<T>& context, const Linear<T>& linear, int64_t rows, const Run& run) {
  const Products<T>& products = *linear.products;
  const int64_t columns = linear.outputs;
  const TileSize size =
      ChooseTileSize(context.pool.size(), rows, columns, {products.row_tile, products.layout.column_tile});
  const int64_t row_tiles = DivideUp(rows, size.rows);
  const int64_t column_tiles = DivideUp(columns, size.columns);
  ForEachRange(context, row_tiles * column_tiles, 1, [&](int64_t index, int64_t, size_t, LapClock& clock) {
    const int64_t row = index % row_tiles * size.rows, column = index / row_tiles * size.columns;
    run({row, std::min(size.rows, rows - row), column, std::min(size.columns, columns - column)}, clock);
  });
}

template <class T>
void Normalize(const ForwardContext<T>& context, const LayerNorm<T>& norm, T* x, int64_t rows) {
  context.vectors.layer_norm({rows, norm.channels, x, context.vectors.PaddedChannels(norm.channels), norm.weight.data(),
                              norm.bias.data(), norm.eps, x});
}

// The arguments for columns [first, first + count) of activation(x W^T + b) and `rows` rows; the caller adds input and
// output. GELU is part of the product; Multiply applies any other activation behind it.
template <class T>
MatMulArgs<T> LinearArgs(const Linear<T>& linear, int64_t rows, int64_t first, int64_t count) {
  MatMulArgs<T> args;
  args.rows = rows;
  args.K = linear.inputs;
  args.O = count;
  args.weight = linear.weight.data() + linear.products->layout.StripOffset(first, linear.inputs);
  args.weight_inputs = linear.inputs;
  args.bias = linear.bias.data() + first;
  args.epilogue = linear.activation == Activation::kGelu ? Epilogue::kBiasGelu : Epilogue::kBias;
  return args;
}

template <class T>
void Multiply(const Linear<T>& linear, const MatMulArgs<T>& args) {
  linear.products->matmul(args);
  if (linear.activation == Activation::kIdentity || linear.activation == Activation::kGelu) return;
  for (int64_t row = 0; row < args.rows; ++row)
    ApplyActivation(linear.activation, std::span(args.output + row * args.output_stride, static_cast<size_t>(args.O)));
}

// Computes `tile` of y [rows, outputs] = activation(x [rows, inputs] W^T + b). Returns its multiplications and
// additions.
template <class T>
int64_t ApplyLinear(const ForwardContext<T>& context, const Linear<T>& linear, const T* x, int64_t x_stride,
                    const ProductTile& tile, T* y) {
  MatMulArgs<T> args = LinearArgs(linear, tile.rows, tile.first_column, tile.columns);
  args.input = x + tile.first_row * x_stride;
  args.input_stride = x_stride;
  args.partial_stride = args.output_stride = context.vectors.PaddedChannels(linear.outputs);
  args.partial = args.output = y + tile.first_row * args.output_stride + tile.first_column;
  Multiply(linear, args);
  return 2 * tile.rows * linear.inputs * tile.columns;
}

// ConvNeXtBlock: x + gamma * mlp(norm(conv_dw(x))) (block.cc).
template <class T>
Activations<T> Block(ForwardContext<T>& context, const ConvNeXtBlock<T>& block, const Activations<T>& x);

}  // namespace convnext
