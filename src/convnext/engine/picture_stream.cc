#include "convnext/engine/picture_stream.h"

#include <algorithm>
#include <limits>
#include <new>
#include <system_error>

#include "convnext/engine/inference.h"

namespace convnext {
namespace {

// For others to join the first picture of a batch: longer than decoding takes, shorter than people wait.
constexpr std::chrono::milliseconds kBatchDeadline{100};
constexpr size_t kBatchesAhead = 4;

BatchInput FromPixels(Pixels pixels) {
  return {.height = pixels.height, .width = pixels.width, .pixels = std::move(pixels.data)};
}

BatchInput FromNormalized(const StreamInput& input) {
  BatchInput batch{.height = input.height, .width = input.width};
  batch.data.resize(input.normalized.size());
  NchwToNhwc({.pixels = input.height * input.width}, input.normalized.data(), batch.data.data());
  return batch;
}

}  // namespace

PictureStream::PictureStream(const Engine& engine, const PictureStreamOptions& options)
    : preprocessor_(engine.preprocessor()),
      options_(options),
      ahead_(kBatchesAhead * static_cast<size_t>(std::max<int64_t>(1, options.batch_size))) {}

Result<std::unique_ptr<PictureStream>> PictureStream::Open(const Engine& engine, const PictureStreamOptions& options) {
  std::unique_ptr<PictureStream> stream(new PictureStream(engine, options));
  CONVNEXT_RETURN_IF_ERROR(stream->Start(engine));
  return stream;
}

Status PictureStream::Start(const Engine& engine) {
  CONVNEXT_ASSIGN_OR_RETURN(batcher_, Batcher::Open(engine, {.batch_size = options_.batch_size,
                                                             .deadline = kBatchDeadline,
                                                             .queue = std::numeric_limits<size_t>::max(),
                                                             .sessions = UsefulSessions(engine)}));
  try {
    for (int i = 0; i < std::max(1, options_.threads); ++i) threads_.emplace_back([this] { Loop(); });
  } catch (const std::system_error& error) {
    if (threads_.empty()) return IoError("a thread to read pictures cannot be started: {}", error.what());
  }
  return {};
}

PictureStream::~PictureStream() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
  if (batcher_) batcher_->Cancel();
  threads_.clear();  // joins
}

void PictureStream::Push(const StreamInput& input) {
  const std::lock_guard lock(mutex_);
  slots_.push_back(std::make_shared<Slot>(Slot{input, {}, {}}));
  ++pushed_;
  changed_.notify_all();
}

void PictureStream::Finish() {
  const std::lock_guard lock(mutex_);
  finished_ = true;
  SubmitLoaded();
}

void PictureStream::Loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopped_ || begun_ < pushed_; });
    if (stopped_) return;
    const std::shared_ptr<Slot> slot = slots_[begun_++ - taken_];
    lock.unlock();
    auto loaded = Load(slot->input);
    lock.lock();
    slot->loaded = std::move(loaded);
    SubmitLoaded();
    changed_.notify_all();
  }
}

Result<BatchInput> PictureStream::Load(const StreamInput& input) const {
  try {
    if (!input.normalized.empty()) {
      CONVNEXT_RETURN_IF_ERROR(CheckImageSize({input.height, input.width}));
      return FromNormalized(input);
    }
    if (!input.pixels.empty()) {
      const Pixels pixels{
          static_cast<int>(input.width), static_cast<int>(input.height), {input.pixels.begin(), input.pixels.end()}};
      CONVNEXT_ASSIGN_OR_RETURN(auto resized, ResizeAndCrop(pixels, preprocessor_.preprocessing()));
      return FromPixels(std::move(resized));
    }
    auto loaded = input.path.empty() ? preprocessor_.Load(input.file, "bytes") : preprocessor_.Load(input.path);
    if (!loaded.ok()) return loaded.status();
    return FromPixels(std::move(loaded->pixels));
  } catch (const std::bad_alloc&) {
    return IoError("not enough memory for the picture").WithKind("memory");
  }
}

// Gives the model what is loaded, in order: which pictures share a batch then hangs on the threads as little as it can.
void PictureStream::SubmitLoaded() {
  for (; submitted_ < pushed_ && slots_[submitted_ - taken_]->loaded; ++submitted_) {
    Slot& slot = *slots_[submitted_ - taken_];
    if (slot.loaded->ok()) slot.answer = batcher_->Submit(std::move(slot.loaded->value()));
  }
  if (finished_ && submitted_ == pushed_) batcher_->Finish();
}

PictureStream::Answer PictureStream::Settle(Slot& slot) const {
  if (!slot.answer.valid()) return slot.loaded->status();
  Answer answer = slot.answer.get();
  if (!answer.ok()) return answer;
  CONVNEXT_RETURN_IF_ERROR(FinishEmbedding(*answer, options_.normalize).status());
  return answer;
}

std::optional<PictureStream::Answer> PictureStream::Next(std::chrono::nanoseconds patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  std::unique_lock lock(mutex_);
  if (taken_ == pushed_) return std::nullopt;
  if (!changed_.wait_until(lock, end, [this] { return submitted_ > taken_; })) return std::nullopt;
  const std::shared_ptr<Slot> slot = slots_.front();
  lock.unlock();
  if (slot->answer.valid() && slot->answer.wait_until(end) != std::future_status::ready) return std::nullopt;
  lock.lock();
  slots_.pop_front();
  ++taken_;
  lock.unlock();
  return Settle(*slot);
}

}  // namespace convnext
