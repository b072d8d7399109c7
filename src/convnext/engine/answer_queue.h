// The answers of a batcher in the order of the pictures, with those between that the model never sees.
#pragma once

#include <deque>
#include <optional>
#include <utility>

#include "convnext/engine/batcher.h"

namespace convnext {

// Not thread-safe.
template <class Item>
class AnswerQueue {
 public:
  using Answer = std::optional<std::future<Batcher::Answer>>;  // nothing: the item needs none

  void Push(Item item, Answer answer) {
    if (answer) ++in_model_;
    waiting_.push_back({std::move(item), std::move(answer)});
  }

  // Waits for the answers of all but the last `left` pictures that the model has, and gives each item with its own
  // (null: it needs none) to `settle`, until that fails. What needs no answer does not count: a batch that is not full
  // yet waits for pictures, and nobody may wait for it meanwhile.
  template <class Settle>
  Status Collect(size_t left, const Settle& settle) {
    while (!waiting_.empty() && (in_model_ > left || !waiting_.front().second)) {
      auto [item, future] = std::move(waiting_.front());
      waiting_.pop_front();
      std::optional<Batcher::Answer> answer;
      if (future) --in_model_;
      if (future) answer = future->get();
      CONVNEXT_RETURN_IF_ERROR(settle(item, answer ? &*answer : nullptr));
    }
    return {};
  }

 private:
  std::deque<std::pair<Item, Answer>> waiting_;
  size_t in_model_ = 0;  // of those that wait
};

}  // namespace convnext
