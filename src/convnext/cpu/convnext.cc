// The forward pass of timm/models/convnext.py (ConvNeXt.forward_features and NormMlpClassifierHead), NHWC from end to
// end. Every layer is a loop over panels: a run of rows (pixels) that one thread takes through the whole layer while
// they are in its cache (blocks with few rows: block.cc). The result of a row does not depend on its panel.
#include "convnext/cpu/forward_context.h"

namespace convnext {
namespace {

// Rows [first, first + rows) of what a convolution with windows of kSize x kSize at that stride multiplies: the pixels
// of a window, line by line, `x.stride` elements each. Rows and columns of the picture that fill no window are not
// read.
template <int64_t kSize, class From, class T, class Read>
void GatherWindows(const Activations<From>& x, int64_t first, int64_t rows, T* windows, const Read& read) {
  const int64_t W = x.W / kSize, H = x.H / kSize, line = kSize * x.stride;
  for (int64_t i = first; i < first + rows; ++i) {
    const int64_t column = i % W, row = i / W % H, n = i / (W * H);
    for (int64_t p = 0; p < kSize; ++p, windows += line) {
      const From* pixels = x.data + ((n * x.H + kSize * row + p) * x.W + kSize * column) * x.stride;
      read(pixels, line, windows);
    }
  }
}

template <class From, class T>
void CopyPixels(const From* pixels, int64_t count, T* to) {
  std::copy(pixels, pixels + count, to);
}

// The windows of the stem, 4x4 pixels each, of normalised pictures or of 8-bit ones.
template <class T>
void GatherPatches(const ImageBatch& images, const NormalizationTable& table, int64_t first, int64_t rows, T* patches) {
  if (images.pixels.empty()) {
    const Activations<const float> x{images.N, images.H, images.W, 3, 3, images.data.data()};
    return GatherWindows<4>(x, first, rows, patches, CopyPixels<float, T>);
  }
  const Activations<const uint8_t> x{images.N, images.H, images.W, 3, 3, images.pixels.data()};
  GatherWindows<4>(x, first, rows, patches, [&table](const uint8_t* pixels, int64_t count, T* to) {
    for (int64_t i = 0; i < count; ++i) to[i] = T(table[static_cast<size_t>(i % 3)][pixels[i]]);
  });
}

// stem: Conv2d(3, C, kernel 4, stride 4), LayerNorm.
template <class T>
Activations<T> Stem(ForwardContext<T>& context, const ImageBatch& images) {
  const Linear<T>& conv = context.model.stem_conv;
  const Activations<T> y = NewActivations(context, images.N, images.H / 4, images.W / 4, conv.outputs);
  ForEachPanel(context, y.rows(), conv.inputs, [&](int64_t first, int64_t rows, T* patches, LapClock& clock) {
    GatherPatches(images, context.model.normalization, first, rows, patches);
    T* out = y.data + first * y.stride;
    const int64_t operations = ApplyLinear(context, conv, patches, conv.inputs, {0, rows, 0, conv.outputs}, out);
    Normalize(context, context.model.stem_norm, out, rows);
    clock.Lap(LayerKind::kStem, operations);
  });
  return y;
}

// Rows [first, first + rows) of what the convolution of a downsampling multiplies: normed patches of 2x2 pixels [4 C].
template <class T>
void NormalizedPatches(const ForwardContext<T>& context, const ConvNeXtStage<T>& stage, const Activations<T>& x,
                       int64_t first, int64_t rows, T* patches) {
  GatherWindows<2>(x, first, rows, patches, CopyPixels<T, T>);
  Normalize(context, *stage.downsample_norm, patches, 4 * rows);
}

// stages.S.downsample: LayerNorm, Conv2d(C, C', kernel 2, stride 2).
template <class T>
Activations<T> Downsample(ForwardContext<T>& context, const ConvNeXtStage<T>& stage, const Activations<T>& x) {
  const Linear<T>& conv = *stage.downsample_conv;
  const Activations<T> y = NewActivations(context, x.N, x.H / 2, x.W / 2, conv.outputs);
  if (!IsByColumns(context.pool.size(), y.rows())) {
    ForEachPanel(context, y.rows(), conv.inputs, [&](int64_t first, int64_t rows, T* patches, LapClock& clock) {
      NormalizedPatches(context, stage, x, first, rows, patches);
      T* const out = y.data + first * y.stride;
      clock.Lap(LayerKind::kDownsample,
                ApplyLinear(context, conv, patches, conv.inputs, {0, rows, 0, conv.outputs}, out));
    });
    return y;
  }
  AlignedVector<T>& buffer = context.workspace.shared[0];
  EnsureSize(buffer, static_cast<size_t>(y.rows() * conv.inputs));
  T* const patches = buffer.data();
  ForEachRange(context, y.rows(), 1, [&](int64_t first, int64_t rows, size_t, LapClock& clock) {
    NormalizedPatches(context, stage, x, first, rows, patches + first * conv.inputs);
    clock.Lap(LayerKind::kDownsample, 0);
  });
  ForEachProductTile(context, conv, y.rows(), [&](const ProductTile& tile, LapClock& clock) {
    clock.Lap(LayerKind::kDownsample, ApplyLinear(context, conv, patches, conv.inputs, tile, y.data));
  });
  return y;
}

template <class T>
T Pool(Pooling pooling, T mean, T maximum) {
  return pooling == Pooling::kMaximum ? maximum : T(0.5) * (mean + maximum);
}

// The largest of each channel of `rows` rows, alone or with the mean that `y` [channels] holds.
template <class T>
void PoolMaximum(Pooling pooling, const T* x, int64_t rows, int64_t channels, T* y) {
  for (int64_t c = 0; c < channels; ++c) {
    T maximum = x[c];
    for (int64_t row = 1; row < rows; ++row) maximum = std::max(maximum, x[row * channels + c]);
    y[c] = Pool(pooling, y[c], maximum);
  }
}

// head.global_pool: over height and width.
template <class T>
Activations<T> GlobalPool(ForwardContext<T>& context, const Activations<T>& x) {
  const Pooling pooling = context.model.config.pooling;
  const Activations<T> y = NewActivations(context, x.N, 1, 1, x.C);
  for (int64_t n = 0; n < x.N; ++n) {
    const T* rows = x.data + n * x.H * x.W * x.stride;
    context.vectors.mean_rows(rows, x.H * x.W, x.stride, y.data + n * y.stride);
    if (pooling != Pooling::kAverage) PoolMaximum(pooling, rows, x.H * x.W, x.stride, y.data + n * y.stride);
  }
  return y;
}

template <class T>
Activations<T> HeadLinear(ForwardContext<T>& context, const Linear<T>& linear, const Activations<T>& x,
                          int64_t& operations) {
  const Activations<T> y = NewActivations(context, x.N, 1, 1, linear.outputs);
  operations += ApplyLinear(context, linear, x.data, x.stride, {0, x.N, 0, linear.outputs}, y.data);
  return y;
}

// head: NormMlpClassifierHead, by one thread: a few products of N rows.
template <class T>
Activations<T> Head(ForwardContext<T>& context, Activations<T> x, const Tap<T>& tap) {
  std::vector<ThreadCosts> threads(1);
  const Stopwatch stopwatch;
  LapClock clock(threads[0].costs);
  x = GlobalPool(context, x);
  Normalize(context, context.model.head_norm, x.data, x.N);
  if (tap) tap("head_norm", x);
  int64_t operations = 0;
  if (const auto& pre_logits = context.model.pre_logits) x = HeadLinear(context, *pre_logits, x, operations);
  if (const auto& fc = context.model.fc) x = HeadLinear(context, *fc, x, operations);
  clock.Lap(LayerKind::kHead, operations);
  AddCosts(context, threads, stopwatch);
  return x;
}

}  // namespace

template <class T>
ForwardProfile Forward(const ConvNeXt<T>& model, ThreadPool& pool, Workspace<T>& workspace, const ImageBatch& images,
                       std::span<T> embeddings, const Tap<T>& tap, const std::stop_token& stop) {
  const Stopwatch stopwatch;
  workspace.panels.resize(static_cast<size_t>(pool.size()));
  const int64_t widest = *std::max_element(model.config.dims.begin(), model.config.dims.end());
  const Vectors<T>& vectors = *model.products->vectors;
  workspace.zeros.assign(static_cast<size_t>(vectors.PaddedChannels(widest)), T(0));
  ForwardContext<T> context{model, vectors, pool, workspace};

  Activations<T> x = Stem(context, images);
  if (tap) tap("stem", x);
  for (size_t s = 0; s < 4; ++s) {
    const ConvNeXtStage<T>& stage = model.stages[s];
    context.stage = s;
    if (stage.downsample_conv) x = Downsample(context, stage, x);
    for (const ConvNeXtBlock<T>& block : stage.blocks) {
      if (stop.stop_requested()) return context.profile;
      x = Block(context, block, x);
    }
    if (tap) tap(fmt::format("stage{}", s), x);
  }
  const Activations<T> y = Head(context, x, tap);
  for (int64_t n = 0; n < y.N; ++n) std::copy_n(y.data + n * y.stride, y.C, embeddings.data() + n * y.C);
  context.profile.threads = pool.size();
  context.profile.wall_nanoseconds = Nanoseconds(stopwatch.Seconds());
  return context.profile;
}

template ForwardProfile Forward(const ConvNeXt<float>&, ThreadPool&, Workspace<float>&, const ImageBatch&,
                                std::span<float>, const Tap<float>&, const std::stop_token&);
template ForwardProfile Forward(const ConvNeXt<double>&, ThreadPool&, Workspace<double>&, const ImageBatch&,
                                std::span<double>, const Tap<double>&, const std::stop_token&);

}  // namespace convnext
