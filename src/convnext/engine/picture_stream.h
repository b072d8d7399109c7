// Pictures pushed one after the other; their embeddings, or why there is none, in the same order.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "convnext/engine/batcher.h"

namespace convnext {

// One of the four. Memory that is not the stream's own must stay as it is until the picture's answer is taken.
struct StreamInput {
  std::string path = {};                   // of a picture file
  std::span<const std::byte> file = {};    // an encoded picture
  std::span<const uint8_t> pixels = {};    // 8-bit RGB [height, width, 3]
  std::span<const float> normalized = {};  // [3, height, width]
  int64_t height = 0, width = 0;           // of the last two
};

struct PictureStreamOptions {
  int64_t batch_size = 1;
  bool normalize = false;  // divide each embedding by its L2 norm
  int threads = 1;         // that read, decode and resize
};

// Threads decode ahead while the model runs. Push, Finish and Next are called by one thread.
class PictureStream {
 public:
  using Answer = Batcher::Answer;  // [embedding_dim]

  static Result<std::unique_ptr<PictureStream>> Open(const Engine& engine, const PictureStreamOptions& options);
  PictureStream(const PictureStream&) = delete;
  PictureStream& operator=(const PictureStream&) = delete;
  ~PictureStream();  // after what is being decoded; the model stops at its next layer

  // Whether another picture keeps all that wait within four batches. It may be pushed all the same.
  bool HasRoom() const { return pushed_ - taken_ < ahead_; }
  size_t waiting() const { return pushed_ - taken_; }  // pushed, and their answers not taken

  void Push(const StreamInput& input);
  // No more pictures come. Without it a batch that is not full waits 0.1 s for more.
  void Finish();
  // The answer to the oldest picture that waits; nothing if it is not there within `patience`.
  std::optional<Answer> Next(std::chrono::nanoseconds patience);

 private:
  struct Slot {
    StreamInput input;
    std::optional<Result<BatchInput>> loaded;
    std::future<Answer> answer;
  };

  PictureStream(const Engine& engine, const PictureStreamOptions& options);
  Status Start(const Engine& engine);
  void Loop();
  Result<BatchInput> Load(const StreamInput& input) const;
  void SubmitLoaded();
  Answer Settle(Slot& slot) const;

  const Preprocessor preprocessor_;
  const PictureStreamOptions options_;
  const size_t ahead_;
  std::unique_ptr<Batcher> batcher_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // Pictures are counted as they are pushed. slots_ has those from taken_ on.
  std::deque<std::shared_ptr<Slot>> slots_;
  size_t pushed_ = 0, begun_ = 0, submitted_ = 0, taken_ = 0;
  bool finished_ = false, stopped_ = false;
  std::vector<std::jthread> threads_;  // the last member: they use all others
};

}  // namespace convnext
