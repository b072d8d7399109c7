// Pictures one batch after the other, by the thread that calls: for measurements, and where activations are read.
#include <algorithm>
#include <utility>

#include "convnext/engine/batch_driver.h"
#include "convnext/engine/embedding.h"
#include "convnext/engine/inference.h"

namespace convnext {
namespace {

// The array that collects the activations called `name`, [0, C, H, W] when it is new.
Tensor<float>& FindOrAddTap(std::string_view name, const Activations<float>& x, InferenceResult& result) {
  for (auto& [existing, tensor] : result.taps) {
    if (existing == name) return tensor;
  }
  const bool pooled = name == "head_norm";
  result.taps.emplace_back(name, Tensor<float>{pooled ? Shape{0, x.C} : Shape{0, x.C, x.H, x.W}, {}});
  return result.taps.back().second;
}

// Adds activations [N, H, W, C] to the end of the array that collects them, [N, C, H, W].
void AppendTap(std::string_view name, const Activations<float>& x, InferenceResult& result) {
  Tensor<float>& tensor = FindOrAddTap(name, x, result);
  tensor.shape[0] += x.N;
  const size_t begin = tensor.data.size();
  tensor.data.resize(begin + static_cast<size_t>(x.rows() * x.C));
  NhwcToNchw({x.N, x.H * x.W, x.C, x.stride}, x.data, tensor.data.data() + begin);
}

// The pictures wait here until they fill a batch.
class BatchRunner {
 public:
  BatchRunner(BatchDriver driver, const InferenceOptions& options, InferenceResult& result)
      : driver_(std::move(driver)), options_(options), result_(result) {}

  Status Add(PreparedImage image) {
    result_.decode_seconds += image.decode_seconds;
    result_.resize_seconds += image.resize_seconds;
    for (const std::string& warning : image.warnings)
      result_.warnings.push_back(Printable(image.path) + ": " + warning);
    if (!driver_.Fits(image)) {
      if (options_.taps)
        return Invalid("{}: activations of pictures of different sizes cannot go into one file", image.path);
      CONVNEXT_RETURN_IF_ERROR(Flush());
    }
    CONVNEXT_RETURN_IF_ERROR(driver_.Add(image));
    waiting_.push_back(std::move(image));
    return static_cast<int64_t>(waiting_.size()) < options_.batch_size ? Status() : Flush();
  }

  Status Flush() {
    if (waiting_.empty()) return {};
    CONVNEXT_RETURN_IF_ERROR(WarmUp());
    CONVNEXT_ASSIGN_OR_RETURN(const auto run, driver_.Run());
    result_.model_seconds += run.seconds;
    if (run.report.profile) result_.profile.Add(*run.report.profile);
    return StoreEmbeddings(driver_.embeddings());
  }

 private:
  // Activations are not read during the run that is timed: the run that reads them takes the place of a warm-up.
  Status WarmUp() {
    if (options_.taps)
      return driver_.Run([this](std::string_view name, const Activations<float>& x) { AppendTap(name, x, result_); })
          .status();
    const int64_t runs = std::exchange(warm_, true) ? 0 : options_.warmup;
    return driver_.WarmUp(runs).status();
  }

  Status StoreEmbeddings(std::span<float> embeddings) {
    const auto dim = static_cast<size_t>(result_.embedding_dim);
    for (size_t n = 0; n < waiting_.size(); ++n) {
      PreparedImage& image = waiting_[n];
      const Status status =
          AppendEmbedding(embeddings.subspan(n * dim, dim), options_.normalize,
                          {image.path, image.sha256, image.height, image.width, image.warnings, image.turned}, result_);
      if (!status.ok()) return status.Prefixed(Printable(image.path));
    }
    waiting_.clear();
    driver_.Clear();
    return {};
  }

  BatchDriver driver_;
  const InferenceOptions& options_;
  InferenceResult& result_;
  std::vector<PreparedImage> waiting_;  // those in the driver's batch
  bool warm_ = false;
};

Result<std::vector<PreparedImage>> Read(const Engine& engine, const std::string& path) {
  if (path.ends_with(".npy")) return ReadPreparedImages(path);
  CONVNEXT_ASSIGN_OR_RETURN(auto image, engine.Prepare(path));
  std::vector<PreparedImage> images;
  images.push_back(std::move(image));
  return images;
}

}  // namespace

Result<InferenceResult> EmbedImages(const Engine& engine, const InferenceOptions& options,
                                    std::vector<PreparedImage> images) {
  CONVNEXT_RETURN_IF_ERROR(CheckBounds("batch size", options.batch_size, kBatchSizes));
  CONVNEXT_ASSIGN_OR_RETURN(auto driver, BatchDriver::Open(engine));
  InferenceResult result;
  result.embedding_dim = engine.embedding_dim();
  BatchRunner runner(std::move(driver), options, result);
  for (PreparedImage& image : images) {
    CONVNEXT_RETURN_IF_ERROR(runner.Add(std::move(image)));
  }
  CONVNEXT_RETURN_IF_ERROR(runner.Flush());
  return result;
}

Result<InferenceResult> EmbedWithTaps(const Engine& engine, const InferenceOptions& options) {
  CONVNEXT_ASSIGN_OR_RETURN(auto driver, BatchDriver::Open(engine));
  InferenceResult result;
  result.embedding_dim = engine.embedding_dim();
  BatchRunner runner(std::move(driver), options, result);
  for (size_t i = 0; i < options.images.size(); ++i) {
    if (options.progress) options.progress(i, options.images.size());
    auto images = Read(engine, options.images[i]);
    if (!images.ok() && options.fail_fast) return images.status();
    if (!images.ok()) {
      result.failed.push_back({options.images[i], images.status()});
      continue;
    }
    for (PreparedImage& image : *images) {
      CONVNEXT_RETURN_IF_ERROR(runner.Add(std::move(image)));
    }
  }
  CONVNEXT_RETURN_IF_ERROR(runner.Flush());
  return result;
}

}  // namespace convnext
