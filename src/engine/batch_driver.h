// The loop that inference, accuracy and performance share: pictures of one size to a batch, runs, their times.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "engine/session.h"

namespace convnext {

// A run of a batch, synchronised: the pictures are in memory before the clock starts, the embeddings when it stops.
struct BatchRun {
  double seconds = 0;
  std::optional<DeviceTimes> device;      // the same run by the device's own clock; nullopt on a CPU
  std::optional<ForwardProfile> profile;  // nullopt on an NPU
};

// Not thread-safe. Nothing runs but by WarmUp and Run.
class BatchDriver {
 public:
  explicit BatchDriver(Engine& engine) : engine_(engine) {}

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
  Engine& engine_;
  int64_t N_ = 0, H_ = 0, W_ = 0;
  AlignedVector<float> data_;
  std::vector<float> embeddings_;
};

}  // namespace convnext
