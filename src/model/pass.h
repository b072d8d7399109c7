// What the layers of a forward pass share: memory, threads, the clock; and the loops over parts of a layer. Internal to
// model/.
#pragma once

#include <algorithm>

#include "model/convnext.h"
#include "model/partition.h"

namespace convnext {

template <class T>
struct Pass {  // what all layers of one forward pass share
  const ConvNeXt<T>& model;
  const Kernels<T>& kernels;
  ThreadPool& pool;
  Workspace<T>& workspace;
  size_t current = 0;  // which of the two activation buffers holds the last layer's output
  size_t stage = 0;
  ForwardProfile profile = {};
};

template <class T>
void Grow(AlignedVector<T>& buffer, size_t size) {
  if (buffer.size() >= size) return;
  buffer = {};  // nothing in it is needed: not copied
  buffer.resize(size);
}

// Activations for the next layer to write, in the buffer that the last one did not use.
template <class T>
Activations<T> NewActivations(Pass<T>& pass, int64_t N, int64_t H, int64_t W, int64_t C) {
  pass.current = 1 - pass.current;
  AlignedVector<T>& buffer = pass.workspace.activations[pass.current];
  Activations<T> x{N, H, W, C, pass.kernels.PaddedChannels(C), nullptr};
  const auto size = static_cast<size_t>(x.rows() * x.stride);
  Grow(buffer, size);
  x.data = buffer.data();
  return x;
}

inline int64_t Nanoseconds(const Stopwatch& stopwatch) { return static_cast<int64_t>(stopwatch.Seconds() * 1e9); }

struct alignas(2 * kAlignment) ThreadCosts {  // a thread's own cache lines
  LayerCosts costs;
};

// Adds what the threads of a layer did, and how long they had nothing to do, to the profile.
template <class T>
void AddCosts(Pass<T>& pass, const std::vector<ThreadCosts>& threads, const Stopwatch& stopwatch) {
  LayerCosts& stage = pass.profile.stages[pass.stage];
  int64_t idle = Nanoseconds(stopwatch) * pass.pool.size();
  for (const ThreadCosts& thread : threads) idle -= AddTo(stage, thread.costs);
  stage[static_cast<size_t>(LayerKind::kWait)].nanoseconds += idle;
}

// Calls part(first, number, worker, clock) for all parts of `step` of `count` rows or columns, in parallel.
template <class T, class Part>
void ForEachPart(Pass<T>& pass, int64_t count, int64_t step, const Part& part) {
  std::vector<ThreadCosts> threads(static_cast<size_t>(pass.pool.size()));
  const Stopwatch stopwatch;
  pass.pool.Run(static_cast<size_t>((count + step - 1) / step), [&](size_t index, size_t worker) {
    const int64_t first = static_cast<int64_t>(index) * step;
    LapClock clock(threads[worker].costs);
    part(first, std::min(step, count - first), worker, clock);
  });
  AddCosts(pass, threads, stopwatch);
}

// Calls layer(first row, number of rows, scratch memory of `elements` for each row, clock) for all panels, in parallel.
template <class T, class Layer>
void ForEachPanel(Pass<T>& pass, int64_t rows, int64_t elements, const Layer& layer) {
  const int64_t panel_rows = PanelRows(pass.pool.size(), rows, elements * static_cast<int64_t>(sizeof(T)));
  for (AlignedVector<T>& panel : pass.workspace.panels) Grow(panel, static_cast<size_t>(panel_rows * elements));
  ForEachPart(pass, rows, panel_rows, [&](int64_t first, int64_t number, size_t worker, LapClock& clock) {
    layer(first, number, pass.workspace.panels[worker].data(), clock);
  });
}

// The multiplications and additions of a product.
template <class T>
int64_t Operations(const Linear<T>& linear, int64_t rows) {
  return 2 * rows * linear.inputs * linear.outputs;
}

template <class T>
void Normalize(const Pass<T>& pass, const LayerNorm<T>& norm, T* x, int64_t rows) {
  pass.kernels.layer_norm({rows, norm.channels, x, pass.kernels.PaddedChannels(norm.channels), norm.weight.data(),
                           norm.bias.data(), pass.model.config.layer_norm_eps, x});
}

// y [rows, outputs] = x [rows, inputs] W^T + b, GELU after it if asked for.
template <class T>
void Dense(const Pass<T>& pass, const Linear<T>& linear, const T* x, int64_t x_stride, int64_t rows, T* y,
           Epilogue epilogue = Epilogue::kBias) {
  const int64_t stride = pass.kernels.PaddedChannels(linear.outputs);
  MatMulArgs<T> args;
  args.rows = rows;
  args.K = linear.inputs;
  args.O = linear.outputs;
  args.input = x;
  args.input_stride = x_stride;
  args.weight = linear.weight.data();
  args.weight_strip_stride = pass.kernels.StripSize(linear.inputs);
  args.epilogue = epilogue;
  args.bias = linear.bias.data();
  args.partial = args.output = y;
  args.partial_stride = args.output_stride = stride;
  pass.kernels.matmul(args);
}

// ConvNeXtBlock: x + gamma * mlp(norm(conv_dw(x))) (block.cc).
template <class T>
Activations<T> Block(Pass<T>& pass, const ConvNeXtBlock<T>& block, const Activations<T>& x);

}  // namespace convnext
