// The forward pass of timm/models/convnext.py (ConvNeXt.forward_features and NormMlpClassifierHead), NHWC from end to
// end. Every layer is a loop over panels: a run of rows (pixels) that one thread takes through the whole layer while
// they are in its cache. What a row becomes does not depend on the panel it is in.
#include "model/convnext.h"

#include <algorithm>

namespace convnext {
namespace {

// Hidden activations of a block that exist at a time, for each row of a panel; a whole number of column tiles.
constexpr int64_t kHiddenChunk = 256;
// What a panel may take of a core's L2 cache (512 KiB to 2 MiB on CPUs of the last years), in bytes.
constexpr int64_t kPanelBytes = 384L * 1024;
constexpr int64_t kMaxPanelRows = 96;  // a multiple of the row tile (6) and of the depthwise tile (8)

int64_t RoundUp(int64_t value, int64_t multiple) { return (value + multiple - 1) / multiple * multiple; }

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

// Rows per panel so that `elements` per row fit the cache and every thread gets the same number of panels.
template <class T>
int64_t PanelRows(const Pass<T>& pass, int64_t rows, int64_t elements) {
  const int64_t fitting = kPanelBytes / (elements * static_cast<int64_t>(sizeof(T))) / 8 * 8;
  const int64_t most = std::clamp<int64_t>(fitting, 8, kMaxPanelRows);
  const int64_t panels = RoundUp((rows + most - 1) / most, pass.pool.size());
  return RoundUp((rows + panels - 1) / panels, 8);
}

int64_t Nanoseconds(const Stopwatch& stopwatch) { return static_cast<int64_t>(stopwatch.Seconds() * 1e9); }

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

// Calls layer(first row, number of rows, scratch memory of `elements` for each row, clock) for all panels, in parallel.
template <class T, class Layer>
void ForEachPanel(Pass<T>& pass, int64_t rows, int64_t elements, const Layer& layer) {
  const int64_t panel_rows = PanelRows(pass, rows, elements);
  const auto size = static_cast<size_t>(panel_rows * elements);
  for (AlignedVector<T>& panel : pass.workspace.panels) Grow(panel, size);
  std::vector<ThreadCosts> threads(static_cast<size_t>(pass.pool.size()));
  const Stopwatch stopwatch;
  pass.pool.Run(static_cast<size_t>((rows + panel_rows - 1) / panel_rows), [&](size_t index, size_t worker) {
    const int64_t first = static_cast<int64_t>(index) * panel_rows;
    LapClock clock(threads[worker].costs);
    layer(first, std::min(panel_rows, rows - first), pass.workspace.panels[worker].data(), clock);
  });
  AddCosts(pass, threads, stopwatch);
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

// stem: Conv2d(3, C, kernel 4, stride 4), LayerNorm. Image rows and columns past a multiple of 4 are not read.
template <class T>
Activations<T> Stem(Pass<T>& pass, std::span<const float> images, int64_t N, int64_t H, int64_t W) {
  constexpr int64_t kRow = int64_t{4} * 3;  // one row of a patch: 4 pixels, contiguous
  const Linear<T>& conv = pass.model.stem_conv;
  const Activations<T> y = NewActivations(pass, N, H / 4, W / 4, conv.outputs);
  ForEachPanel(pass, y.rows(), conv.inputs, [&](int64_t first, int64_t rows, T* patches, LapClock& clock) {
    for (int64_t i = 0; i < rows; ++i) {
      const int64_t column = (first + i) % y.W, row = (first + i) / y.W % y.H, n = (first + i) / (y.W * y.H);
      for (int64_t p = 0; p < 4; ++p) {
        const float* pixels = images.data() + ((n * H + 4 * row + p) * W + 4 * column) * 3;
        std::copy(pixels, pixels + kRow, patches + i * conv.inputs + p * kRow);
      }
    }
    T* out = y.data + first * y.stride;
    Dense(pass, conv, patches, conv.inputs, rows, out);
    Normalize(pass, pass.model.stem_norm, out, rows);
    clock.Lap(LayerKind::kStem, Operations(conv, rows));
  });
  return y;
}

// stages.S.downsample: LayerNorm, Conv2d(C, C', kernel 2, stride 2). An odd last row or column is not read.
template <class T>
Activations<T> Downsample(Pass<T>& pass, const ConvNeXtStage<T>& stage, const Activations<T>& x) {
  const Linear<T>& conv = *stage.downsample_conv;
  const Activations<T> y = NewActivations(pass, x.N, x.H / 2, x.W / 2, conv.outputs);
  ForEachPanel(pass, y.rows(), conv.inputs, [&](int64_t first, int64_t rows, T* patches, LapClock& clock) {
    for (int64_t i = 0; i < rows; ++i) {
      const int64_t column = (first + i) % y.W, row = (first + i) / y.W % y.H, n = (first + i) / (y.W * y.H);
      for (int64_t p = 0; p < 2; ++p) {
        const T* pixels = x.data + ((n * x.H + 2 * row + p) * x.W + 2 * column) * x.stride;
        std::copy(pixels, pixels + 2 * x.stride, patches + i * conv.inputs + p * 2 * x.stride);
      }
    }
    Normalize(pass, *stage.downsample_norm, patches, 4 * rows);
    Dense(pass, conv, patches, conv.inputs, rows, y.data + first * y.stride);
    clock.Lap(LayerKind::kDownsample, Operations(conv, rows));
  });
  return y;
}

// The pixels under the windows of the tile that begins at (row, column): zeros outside the picture.
template <class T>
void FindWindow(const Activations<T>& x, const T* image, int64_t row, int64_t column, const T* zeros,
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
void DepthwiseConvolution(const Pass<T>& pass, const ConvNeXtBlock<T>& block, const Activations<T>& x, int64_t first,
                          int64_t rows, T* output, T* surplus) {
  const T* zeros = pass.workspace.zeros.data();
  DepthwiseArgs<T> args;
  args.channels = x.stride;
  args.weight = block.conv_dw_weight.data();
  args.bias = block.conv_dw_bias.data();
  for (int64_t done = 0; done < rows;) {
    const int64_t column = (first + done) % x.W, row = (first + done) / x.W % x.H;
    const T* image = x.data + (first + done - row * x.W - column) * x.stride;
    FindWindow(x, image, row, column, zeros, args);
    const int64_t count = std::min({int64_t{kDepthwiseTile}, x.W - column, rows - done});
    for (int64_t i = 0; i < kDepthwiseTile; ++i) args.output[i] = i < count ? output + (done + i) * x.stride : surplus;
    pass.kernels.depthwise(args);
    done += count;
  }
}

// mlp, layer scale and shortcut: y = x + gamma * fc2(GELU(fc1(normed))). The hidden activations exist a chunk at a
// time; fc2 adds each chunk's share to `sums`.
template <class T>
void Mlp(const Pass<T>& pass, const ConvNeXtBlock<T>& block, const T* normed, const T* x, int64_t rows, T* sums,
         T* hidden, T* y, LapClock& clock) {
  const int64_t stride = pass.kernels.PaddedChannels(block.norm.channels);
  for (int64_t h = 0; h < block.fc1.outputs; h += kHiddenChunk) {
    const int64_t chunk = std::min(kHiddenChunk, block.fc1.outputs - h);
    MatMulArgs<T> fc1;
    fc1.rows = rows;
    fc1.K = block.fc1.inputs;
    fc1.O = chunk;
    fc1.input = normed;
    fc1.input_stride = stride;
    fc1.weight_strip_stride = pass.kernels.StripSize(block.fc1.inputs);
    fc1.weight = block.fc1.weight.data() + pass.kernels.PackedOffset(h, 0, block.fc1.inputs);
    fc1.epilogue = Epilogue::kBiasGelu;
    fc1.bias = block.fc1.bias.data() + h;
    fc1.partial = fc1.output = hidden;
    fc1.partial_stride = fc1.output_stride = kHiddenChunk;
    pass.kernels.matmul(fc1);
    clock.Lap(LayerKind::kFc1, 2 * rows * fc1.K * fc1.O);

    MatMulArgs<T> fc2;
    fc2.rows = rows;
    fc2.K = chunk;
    fc2.O = block.fc2.outputs;
    fc2.input = hidden;
    fc2.input_stride = kHiddenChunk;
    fc2.weight_strip_stride = pass.kernels.StripSize(block.fc2.inputs);
    fc2.weight = block.fc2.weight.data() + pass.kernels.PackedOffset(0, h, block.fc2.inputs);
    fc2.partial = sums;
    fc2.partial_stride = stride;
    fc2.accumulate = h > 0;
    fc2.finish = h + chunk == block.fc1.outputs;
    fc2.epilogue = Epilogue::kBiasScaleResidual;
    fc2.bias = block.fc2.bias.data();
    fc2.scale = block.gamma.data();
    fc2.residual = x;
    fc2.output = y;
    fc2.output_stride = stride;
    pass.kernels.matmul(fc2);
    clock.Lap(LayerKind::kFc2, 2 * rows * fc2.K * fc2.O);
  }
}

// ConvNeXtBlock: x + gamma * mlp(norm(conv_dw(x))).
template <class T>
Activations<T> Block(Pass<T>& pass, const ConvNeXtBlock<T>& block, const Activations<T>& x) {
  const Activations<T> y = NewActivations(pass, x.N, x.H, x.W, x.C);
  ForEachPanel(
      pass, x.rows(), 2 * x.stride + kHiddenChunk, [&](int64_t first, int64_t rows, T* panel, LapClock& clock) {
        T* normed = panel;                   // [rows, C]
        T* sums = normed + rows * x.stride;  // [rows, C]
        T* hidden = sums + rows * x.stride;  // [rows, kHiddenChunk]
        DepthwiseConvolution(pass, block, x, first, rows, normed, sums);
        clock.Lap(LayerKind::kDepthwise, 2 * rows * x.C * kDepthwiseSize * kDepthwiseSize);
        Normalize(pass, block.norm, normed, rows);
        clock.Lap(LayerKind::kLayerNorm, 0);
        Mlp(pass, block, normed, x.data + first * x.stride, rows, sums, hidden, y.data + first * y.stride, clock);
      });
  return y;
}

// head.global_pool: the mean over height and width.
template <class T>
Activations<T> GlobalAveragePool(Pass<T>& pass, const Activations<T>& x) {
  const Activations<T> y = NewActivations(pass, x.N, 1, 1, x.C);
  for (int64_t n = 0; n < x.N; ++n) {
    pass.kernels.mean_rows(x.data + n * x.H * x.W * x.stride, x.H * x.W, x.stride, y.data + n * y.stride);
  }
  return y;
}

template <class T>
Activations<T> HeadLinear(Pass<T>& pass, const Linear<T>& linear, const Activations<T>& x, Epilogue epilogue) {
  const Activations<T> y = NewActivations(pass, x.N, 1, 1, linear.outputs);
  Dense(pass, linear, x.data, x.stride, x.N, y.data, epilogue);
  return y;
}

// head: NormMlpClassifierHead, by one thread: a few products of N rows.
template <class T>
Activations<T> Head(Pass<T>& pass, Activations<T> x, const Tap<T>& tap) {
  std::vector<ThreadCosts> threads(1);
  const Stopwatch stopwatch;
  LapClock clock(threads[0].costs);
  x = GlobalAveragePool(pass, x);
  Normalize(pass, pass.model.head_norm, x.data, x.N);
  if (tap) tap("head_norm", x);
  int64_t operations = 0;
  if (const auto& pre_logits = pass.model.pre_logits) {
    x = HeadLinear(pass, *pre_logits, x, Epilogue::kBiasGelu);
    operations += Operations(*pre_logits, x.N);
  }
  if (const auto& fc = pass.model.fc) {
    x = HeadLinear(pass, *fc, x, Epilogue::kBias);
    operations += Operations(*fc, x.N);
  }
  clock.Lap(LayerKind::kHead, operations);
  AddCosts(pass, threads, stopwatch);
  return x;
}

}  // namespace

template <class T>
ForwardProfile Forward(const ConvNeXt<T>& model, ThreadPool& pool, Workspace<T>& workspace,
                       std::span<const float> images, int64_t N, int64_t H, int64_t W, std::span<T> embeddings,
                       const Tap<T>& tap) {
  const Stopwatch stopwatch;
  workspace.panels.resize(static_cast<size_t>(pool.size()));
  const int64_t widest = *std::max_element(model.config.dims.begin(), model.config.dims.end());
  workspace.zeros.assign(static_cast<size_t>(model.kernels->PaddedChannels(widest)), T(0));
  Pass<T> pass{model, *model.kernels, pool, workspace};

  Activations<T> x = Stem(pass, images, N, H, W);
  if (tap) tap("stem", x);
  for (size_t s = 0; s < 4; ++s) {
    const ConvNeXtStage<T>& stage = model.stages[s];
    pass.stage = s;
    if (stage.downsample_conv) x = Downsample(pass, stage, x);
    for (const ConvNeXtBlock<T>& block : stage.blocks) x = Block(pass, block, x);
    if (tap) tap(fmt::format("stage{}", s), x);
  }
  const Activations<T> y = Head(pass, x, tap);
  for (int64_t n = 0; n < N; ++n) std::copy_n(y.data + n * y.stride, y.C, embeddings.data() + n * y.C);
  pass.profile.threads = pool.size();
  pass.profile.wall_nanoseconds = Nanoseconds(stopwatch);
  return pass.profile;
}

template ForwardProfile Forward(const ConvNeXt<float>&, ThreadPool&, Workspace<float>&, std::span<const float>, int64_t,
                                int64_t, int64_t, std::span<float>, const Tap<float>&);
template ForwardProfile Forward(const ConvNeXt<double>&, ThreadPool&, Workspace<double>&, std::span<const float>,
                                int64_t, int64_t, int64_t, std::span<double>, const Tap<double>&);

}  // namespace convnext
