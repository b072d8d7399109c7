#include "convnext/backend/backend.h"

namespace convnext {
namespace {

template <class T>
bool IsOfSize(std::span<T> values, int64_t count) {
  return values.size() == static_cast<size_t>(count);
}

}  // namespace

Result<RunReport> Session::Run(const ImageBatch& images, const Outputs& outputs, const RunOptions& options) {
  const ConvNeXtConfig& config = program().config();
  if (!kImageSizes.Contains(images.H) || !kImageSizes.Contains(images.W))
    return Invalid("a picture of {}x{}; the model reads {} to {} pixels a side", images.H, images.W, kMinImageSize,
                   kMaxImageSize);
  const int64_t values = images.N * images.H * images.W * 3, channels = config.dims[3];
  const int64_t cells = (images.H / kMinImageSize) * (images.W / kMinImageSize);
  const bool input =
      IsOfSize(images.data, values) ? images.pixels.empty() : images.data.empty() && IsOfSize(images.pixels, values);
  if (images.N < 1 || !input || !IsOfSize(outputs.embeddings, images.N * config.embedding_dim()) ||
      (!outputs.pooled.empty() && !IsOfSize(outputs.pooled, images.N * channels)) ||
      (!outputs.feature_map.empty() && !IsOfSize(outputs.feature_map, images.N * cells * channels))) {
    return Internal("{} pictures of {}x{}: {} values and {} pixel values in, {} out", images.N, images.H, images.W,
                    images.data.size(), images.pixels.size(), outputs.embeddings.size());
  }
  if (images.pixels.empty() && !program().inputs().floats)
    return Invalid("a normalised picture; the model was compiled for 8-bit ones (--device_preprocess)");
  if (!images.pixels.empty() && !program().inputs().pixels)
    return Internal("8-bit pictures for a program that was loaded without their normalisation");
  if (options.stop.stop_requested()) return Cancelled("stopped before the pass began");
  return RunChecked(images, outputs, options);
}

}  // namespace convnext
