#include "convnext/engine/inference.h"

#include <utility>

#include "convnext/engine/answer_queue.h"
#include "convnext/engine/embedding.h"
#include "convnext/engine/picture_loader.h"

namespace convnext {
namespace {

// Takes the loaded pictures, in their order, and what the batcher answers.
class Collector {
 public:
  Collector(Batcher& batcher, const InferenceOptions& options, size_t most_waiting, InferenceResult& result)
      : batcher_(batcher), options_(options), most_waiting_(most_waiting), result_(result) {}

  Status Submit(LoadedPicture picture) {
    result_.decode_seconds += picture.decode_seconds;
    result_.resize_seconds += picture.resize_seconds;
    for (const std::string& warning : picture.warnings)
      result_.warnings.push_back(Printable(picture.path) + ": " + warning);
    EmbeddedImage image{.path = std::move(picture.path),
                        .sha256 = std::move(picture.sha256),
                        .height = picture.input.height,
                        .width = picture.input.width,
                        .warnings = std::move(picture.warnings),
                        .turned = picture.turned};
    auto answer = batcher_.Submit(std::move(picture.input));
    queue_.Push({std::move(image)}, std::move(answer));
    return Collect(most_waiting_);
  }

  Status Fail(const std::string& path, const Status& status) {
    queue_.Push({{.path = path}, status}, std::nullopt);
    return Collect(most_waiting_);
  }

  // Waits for the answers of all but the last `left` pictures that the model has.
  Status Collect(size_t left) {
    return queue_.Collect(left, [this](Pending& pending, Batcher::Answer* answer) { return Take(pending, answer); });
  }

 private:
  struct Pending {
    EmbeddedImage image;
    Status unread = {};  // why the model has not seen it
  };

  // `answer`: null where the file could not be read.
  Status Take(Pending& pending, Batcher::Answer* answer) {
    const std::string path = pending.image.path;
    if (answer == nullptr) return Record(path, pending.unread, options_.fail_fast);
    const Status status = answer->ok()
                              ? AppendEmbedding(**answer, options_.normalize, std::move(pending.image), result_)
                              : answer->status();
    if (status.ok()) return status;
    const bool all = status.code() != Code::kInvalid;  // the device, not the picture
    return Record(path, status.Prefixed(Printable(path)), options_.fail_fast || all);
  }

  Status Record(const std::string& path, const Status& failure, bool ends) {
    if (ends) return failure;
    result_.failed.push_back({path, failure});
    return {};
  }

  Batcher& batcher_;
  const InferenceOptions& options_;
  size_t most_waiting_;  // pictures
  InferenceResult& result_;
  AnswerQueue<Pending> queue_;
};

// Each session has a batch that runs, and one more fills while they do.
size_t MostWaiting(const Engine& engine, const InferenceOptions& options) {
  return static_cast<size_t>(UsefulSessions(engine) + 1) * static_cast<size_t>(options.batch_size);
}

Status CollectAll(PictureLoader& loader, const InferenceOptions& options, Batcher& batcher, size_t most_waiting,
                  InferenceResult& result) {
  Collector collector(batcher, options, most_waiting, result);
  for (size_t i = 0; auto loaded = loader.Next(); ++i) {
    if (options.progress) options.progress(i, options.images.size());
    if (!loaded->ok()) CONVNEXT_RETURN_IF_ERROR(collector.Fail(options.images[i], loaded->status()));
    if (!loaded->ok()) continue;
    for (LoadedPicture& picture : **loaded) {
      CONVNEXT_RETURN_IF_ERROR(collector.Submit(std::move(picture)));
    }
  }
  batcher.Finish();
  return collector.Collect(0);
}

}  // namespace

int UsefulSessions(const Engine& engine) { return engine.device().threads > 0 ? 1 : 2; }

int UsefulDecodeThreads(const Engine& engine) {
  return engine.device().threads > 0 ? static_cast<int>(engine.device().threads) : AvailableCores();
}

Result<InferenceResult> RunInference(const Engine& engine, const InferenceOptions& options) {
  CONVNEXT_RETURN_IF_ERROR(CheckBounds("batch size", options.batch_size, kBatchSizes));
  if (options.taps) return EmbedWithTaps(engine, options);
  InferenceResult result;
  result.embedding_dim = engine.embedding_dim();
  const int threads = options.threads > 0 ? options.threads : UsefulDecodeThreads(engine);
  CONVNEXT_ASSIGN_OR_RETURN(const auto batcher, Batcher::Open(engine, {.batch_size = options.batch_size,
                                                                       .sessions = UsefulSessions(engine),
                                                                       .warmup = options.warmup}));
  CONVNEXT_ASSIGN_OR_RETURN(
      const auto loader, PictureLoader::Open(engine.preprocessor(), options.images, threads,
                                             static_cast<size_t>(threads) + static_cast<size_t>(options.batch_size)));
  CONVNEXT_RETURN_IF_ERROR(CollectAll(*loader, options, *batcher, MostWaiting(engine, options), result));
  const BatcherTotals totals = batcher->totals();
  result.model_seconds = totals.seconds;
  result.profile = totals.profile;
  if (options.progress) options.progress(options.images.size(), options.images.size());
  return result;
}

}  // namespace convnext
