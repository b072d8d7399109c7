// Pictures from any number of threads, in batches through one model.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "convnext/engine/core.h"

namespace convnext {

// A picture as a batch takes it: 8-bit RGB or normalised float32, [height, width, 3]; one of the two is empty.
struct BatchInput {
  int64_t height = 0, width = 0;
  std::vector<uint8_t> pixels = {};
  AlignedVector<float> data = {};
  int64_t group = 0;  // pictures of two groups are not in one batch
};

struct BatcherOptions {
  int64_t batch_size = 1;
  // How long the first picture of a batch that is not full waits for others; nothing: until the batch is full, or until
  // Finish. Then the batches depend on the order of the pictures alone.
  std::optional<std::chrono::nanoseconds> deadline = {};
  size_t queue = 64;   // pictures that wait, at least a batch; Submit waits for room
  int sessions = 1;    // passes that may run at the same time
  int64_t warmup = 0;  // untimed runs of the first batch
};

// The passes so far.
struct BatcherTotals {
  int64_t batches = 0, pictures = 0;
  double seconds = 0;      // in which at least one pass ran, without the warm-up
  ForwardProfile profile;  // no threads where the device does not tell
};

// Every picture that is submitted gets just one answer: its embedding, or a Status. First come, first served; a batch
// is the pictures at the front that have one size. A picture that fails, or that is cancelled, does not touch the
// others of its batch. Thread-safe.
class Batcher {
 public:
  using Answer = Result<std::vector<float>>;  // [embedding_dim]

  static Result<std::unique_ptr<Batcher>> Open(const Engine& engine, const BatcherOptions& options);
  Batcher(const Batcher&) = delete;
  Batcher& operator=(const Batcher&) = delete;
  // Cancels what waits and what runs.
  ~Batcher();

  // Waits while the queue is full. kCancelled is the answer once `stop` was requested before the picture's batch began,
  // or after Cancel; kInvalid after Finish.
  std::future<Answer> Submit(BatchInput input, std::stop_token stop = {});

  // No more pictures come: those that wait need not fill a batch.
  void Finish();
  // Everything that has no answer yet is cancelled, now.
  void Cancel();

  BatcherTotals totals() const;

 private:
  struct Item {
    BatchInput input;
    std::stop_token stop;
    std::promise<Answer> answer;
    std::chrono::steady_clock::time_point arrival;
  };
  using Items = std::vector<Item>;

  Batcher(Engine engine, const BatcherOptions& options) : engine_(std::move(engine)), options_(options) {}

  struct Worker {
    std::unique_ptr<Session> session;
    bool warm = false;
  };

  Status Start();
  void Loop(Worker& worker);
  std::optional<Items> NextBatch();
  size_t CountAtFront() const;
  bool IsBatchReady() const;
  void Serve(Worker& worker, Items items);
  Status Run(Worker& worker, std::span<const Item> items, std::vector<float>& embeddings);
  Status RunBatch(Worker& worker, std::span<const Item> items, std::vector<float>& embeddings);
  void BeginPass();
  void EndPass(int64_t pictures, const Result<RunReport>& report);

  Engine engine_;
  BatcherOptions options_;
  std::stop_source stop_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Item> queue_;
  bool finished_ = false;
  BatcherTotals totals_;
  int running_ = 0;  // passes
  std::chrono::steady_clock::time_point busy_since_;
  std::vector<Worker> workers_;
  std::vector<std::jthread> threads_;  // the last member: they use all others
};

}  // namespace convnext
