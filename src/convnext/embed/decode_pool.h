// Pictures read, decoded and resized by several threads, and given in their order.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "convnext/embed/item.h"
#include "convnext/engine/engine.h"

namespace convnext {

struct DecodedItem {
  EmbedItem item;  // without its bytes
  std::string sha256;
  int64_t width = 0, height = 0;  // of the picture as it is stored
  BatchInput input;               // where there is no problem
};

struct DecodePoolOptions {
  int threads = 1;
  size_t ahead = 64;                                     // items between the source and the one who takes them
  size_t ahead_bytes = size_t{64} << 20;                 // and their files
  std::optional<std::chrono::nanoseconds> timeout = {};  // of reading or decoding one picture
};

// Gives items in order; nothing after the last. Called by one thread at a time.
using ItemSource = std::function<std::optional<EmbedItem>()>;

// Large pictures are decoded one at a time, so that the memory does not grow with the threads.
class DecodePool {
 public:
  static Result<std::unique_ptr<DecodePool>> Open(const Preprocessor& preprocessor, ItemSource source,
                                                  const DecodePoolOptions& options);
  DecodePool(const DecodePool&) = delete;
  DecodePool& operator=(const DecodePool&) = delete;
  ~DecodePool();  // as Finish

  // The next item; nothing after the last, or after Stop. An item that takes longer than the timeout has a problem of
  // the kind "item.timeout", and the thread that is stuck on it is given up. kIo when too many are, or the source
  // itself.
  Result<std::optional<DecodedItem>> Next();
  // Gives nothing more.
  void Stop();
  // Stops, and waits a few seconds for what is being read. How many threads were given up: they may never end, and the
  // process must not wait for them.
  int Finish();

 private:
  struct Slot;
  struct Shared;
  explicit DecodePool(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}

  const std::shared_ptr<Shared> shared_;
  int abandoned_ = 0;
};

}  // namespace convnext
