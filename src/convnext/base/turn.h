#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace convnext {

// A mutex that threads get in the order in which they came for it: nobody who waits is overtaken, as by std::mutex a
// thread that takes turns with itself may. For turns of milliseconds.
class TurnMutex {
 public:
  void lock() {
    std::unique_lock guard(mutex_);
    const uint64_t ticket = next_++;
    changed_.wait(guard, [&] { return ticket == serving_; });
  }
  bool try_lock() {
    const std::lock_guard guard(mutex_);
    if (next_ != serving_) return false;
    ++next_;
    return true;
  }
  void unlock() {
    const std::lock_guard guard(mutex_);
    ++serving_;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  uint64_t next_ = 0, serving_ = 0;  // tickets; equal: nobody has a turn
};

}  // namespace convnext
