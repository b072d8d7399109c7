// The loop of measurements (accuracy, performance, evidence of an inference): pictures of one size to a batch, runs,
// their times, one after the other. What is not measured goes through the Batcher.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "convnext/engine/core.h"

namespace convnext {

// A run of a batch, synchronised: the pictures are in memory before the clock starts, the embeddings when it stops.
struct BatchRun {
  double seconds = 0;
  RunReport report;
};

// Not thread-safe. Nothing runs but by WarmUp and Run.
class BatchDriver {
 public:
  static Result<BatchDriver> Open(const Engine& engine);

  // Begins a batch.
  void Clear();
  // Whether `image` has the size of the pictures in the batch; true in an empty one.
  bool Fits(const PreparedImage& image) const;
  // Puts a copy of a picture that fits into the batch.
  Status Add(const PreparedImage& image);

  // Runs the batch so many times to warm up caches, memory and clocks. Returns the seconds of each run.
  Result<std::vector<double>> WarmUp(int64_t runs);
  Result<BatchRun> Run(const Tap<float>& tap = {});

  // [pictures, embedding_dim] of the last run. The caller may write them.
  std::span<float> embeddings() { return embeddings_; }

 private:
  BatchDriver(std::unique_ptr<Session> session, int64_t embedding_dim)
      : session_(std::move(session)), embedding_dim_(embedding_dim) {}

  std::unique_ptr<Session> session_;
  int64_t embedding_dim_;
  int64_t N_ = 0, H_ = 0, W_ = 0;
  AlignedVector<float> data_;
  std::vector<float> embeddings_;
};

}  // namespace convnext
