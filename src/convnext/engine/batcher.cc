#include "convnext/engine/batcher.h"

#include <algorithm>
#include <cmath>
#include <new>
#include <system_error>

#include "convnext/engine/embedding.h"

namespace convnext {
namespace {

using Clock = std::chrono::steady_clock;

bool IsSameKind(const BatchInput& a, const BatchInput& b) {
  return a.height == b.height && a.width == b.width && a.pixels.empty() == b.pixels.empty() && a.group == b.group;
}

bool IsWhole(const BatchInput& input) {
  if (!CheckImageSize({input.height, input.width}).ok()) return false;
  const auto values = static_cast<size_t>(input.height * input.width * 3);
  return input.pixels.empty() ? input.data.size() == values : input.data.empty() && input.pixels.size() == values;
}

Batcher::Answer AnswerOf(std::span<const float> embedding) {
  if (std::all_of(embedding.begin(), embedding.end(), [](float value) { return std::isfinite(value); }))
    return std::vector<float>(embedding.begin(), embedding.end());
  return NotFinite();
}

}  // namespace

Result<std::unique_ptr<Batcher>> Batcher::Open(const Engine& engine, const BatcherOptions& options) {
  CONVNEXT_RETURN_IF_ERROR(CheckBounds("batch size", options.batch_size, kBatchSizes));
  if (options.sessions < 1) return Invalid("{} sessions: expected at least 1", options.sessions);
  std::unique_ptr<Batcher> batcher(new Batcher(engine, options));
  batcher->options_.queue = std::max(options.queue, static_cast<size_t>(options.batch_size));
  CONVNEXT_RETURN_IF_ERROR(batcher->Start());
  return batcher;
}

Status Batcher::Start() {
  for (int i = 0; i < options_.sessions; ++i) {
    CONVNEXT_ASSIGN_OR_RETURN(auto session, engine_.NewSession());
    workers_.push_back({std::move(session)});
  }
  try {
    for (Worker& worker : workers_) threads_.emplace_back([this, &worker] { Loop(worker); });
  } catch (const std::system_error& error) {
    return IoError("a thread for the model cannot be started: {}", error.what());
  }
  return {};
}

Batcher::~Batcher() {
  Cancel();
  threads_.clear();  // joins
}

std::future<Batcher::Answer> Batcher::Submit(BatchInput input, std::stop_token stop) {
  Item item{std::move(input), std::move(stop), {}, {}};
  std::future<Answer> answer = item.answer.get_future();
  if (!IsWhole(item.input)) {
    item.answer.set_value(Invalid("a picture of {}x{} without its pixels, or of a size that the model does not read",
                                  item.input.height, item.input.width));
    return answer;
  }
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return queue_.size() < options_.queue || finished_ || stop_.stop_requested(); });
  if (stop_.stop_requested()) {
    item.answer.set_value(Cancelled("the batcher was stopped"));
  } else if (finished_) {
    item.answer.set_value(Invalid("a picture after the last one was announced"));
  } else {
    item.arrival = Clock::now();
    queue_.push_back(std::move(item));
    changed_.notify_all();
  }
  return answer;
}

void Batcher::Finish() {
  const std::lock_guard lock(mutex_);
  finished_ = true;
  changed_.notify_all();
}

void Batcher::Cancel() {
  std::deque<Item> waiting;
  {
    const std::lock_guard lock(mutex_);
    stop_.request_stop();
    waiting.swap(queue_);
    changed_.notify_all();
  }
  for (Item& item : waiting) item.answer.set_value(Cancelled("the batcher was stopped"));
}

BatcherTotals Batcher::totals() const {
  const std::lock_guard lock(mutex_);
  return totals_;
}

// How many pictures at the front go into one batch.
size_t Batcher::CountAtFront() const {
  const size_t most = std::min(queue_.size(), static_cast<size_t>(options_.batch_size));
  size_t count = 0;
  while (count < most && IsSameKind(queue_[count].input, queue_.front().input)) ++count;
  return count;
}

// A batch is ready when it is full, when another size ends it, or when no more will come.
bool Batcher::IsBatchReady() const {
  if (queue_.empty()) return false;
  const size_t count = CountAtFront();
  return count == static_cast<size_t>(options_.batch_size) || count < queue_.size() || finished_ ||
         (options_.deadline && Clock::now() >= queue_.front().arrival + *options_.deadline);
}

// Waits for a batch; nothing when there will be none.
std::optional<Batcher::Items> Batcher::NextBatch() {
  std::unique_lock lock(mutex_);
  while (!stop_.stop_requested() && !IsBatchReady() && !(finished_ && queue_.empty())) {
    if (options_.deadline && !queue_.empty()) {
      changed_.wait_until(lock, queue_.front().arrival + *options_.deadline);
    } else {
      changed_.wait(lock);
    }
  }
  if (stop_.stop_requested() || queue_.empty()) return std::nullopt;
  const auto end = queue_.begin() + static_cast<ptrdiff_t>(CountAtFront());
  Items items(std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
  queue_.erase(queue_.begin(), end);
  changed_.notify_all();
  return items;
}

void Batcher::Loop(Worker& worker) {
  while (auto items = NextBatch()) Serve(worker, *std::move(items));
}

// Runs those that were not cancelled meanwhile. A batch that fails as a whole runs again one by one, so that each
// picture has its own answer.
void Batcher::Serve(Worker& worker, Items items) {
  const auto gone =
      std::stable_partition(items.begin(), items.end(), [](const Item& item) { return !item.stop.stop_requested(); });
  for (auto item = gone; item != items.end(); ++item) item->answer.set_value(Cancelled("the picture was cancelled"));
  items.erase(gone, items.end());
  if (items.empty()) return;
  std::vector<float> embeddings;
  const Status status = Run(worker, items, embeddings);
  const auto dim = static_cast<size_t>(engine_.embedding_dim());
  for (size_t i = 0; i < items.size(); ++i) {
    std::vector<float> single;
    Status alone = status;
    if (!status.ok() && status.code() == Code::kInvalid && items.size() > 1)
      alone = Run(worker, std::span(items).subspan(i, 1), single);
    const std::span<const float> row =
        single.empty() ? std::span<const float>(embeddings).subspan(i * dim, dim) : single;
    items[i].answer.set_value(alone.ok() ? AnswerOf(row) : Answer(alone));
  }
}

// `embeddings` has room for all afterwards, whatever the outcome.
Status Batcher::Run(Worker& worker, std::span<const Item> items, std::vector<float>& embeddings) {
  try {
    embeddings.resize(items.size() * static_cast<size_t>(engine_.embedding_dim()));
    return RunBatch(worker, items, embeddings);
  } catch (const std::bad_alloc&) {
    return Invalid("not enough memory for a batch of {}; use a smaller --batch_size", items.size());
  }
}

Status Batcher::RunBatch(Worker& worker, std::span<const Item> items, std::vector<float>& embeddings) {
  AlignedVector<float> data;
  std::vector<uint8_t> pixels;
  for (const Item& item : items) {
    data.insert(data.end(), item.input.data.begin(), item.input.data.end());
    pixels.insert(pixels.end(), item.input.pixels.begin(), item.input.pixels.end());
  }
  const auto N = static_cast<int64_t>(items.size());
  const ImageBatch images{data, N, items[0].input.height, items[0].input.width, pixels};
  const RunOptions options{.tap = {}, .stop = stop_.get_token()};
  for (int64_t i = 0; !worker.warm && i < options_.warmup; ++i) {
    CONVNEXT_RETURN_IF_ERROR(worker.session->Run(images, {.embeddings = embeddings}, options).status());
  }
  worker.warm = true;
  BeginPass();
  const auto report = worker.session->Run(images, {.embeddings = embeddings}, options);
  EndPass(N, report);
  return report.status();
}

// Passes that overlap are counted once.
void Batcher::BeginPass() {
  const std::lock_guard lock(mutex_);
  if (running_++ == 0) busy_since_ = Clock::now();
}

void Batcher::EndPass(int64_t pictures, const Result<RunReport>& report) {
  const std::lock_guard lock(mutex_);
  if (--running_ == 0) totals_.seconds += std::chrono::duration<double>(Clock::now() - busy_since_).count();
  if (!report.ok()) return;
  ++totals_.batches;
  totals_.pictures += pictures;
  if (report->profile) totals_.profile.Add(*report->profile);
}

}  // namespace convnext
