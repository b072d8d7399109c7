#include "base/thread_pool.h"

#include <system_error>

namespace convnext {
namespace {

// How long a thread looks for work, or for the end of the loop, before it sleeps. The loops of one forward pass follow
// each other within microseconds; sleeping between them would cost more than the wait.
constexpr int kSpins = 4000;

void Pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

template <class Done>
bool SpinUntil(const Done& done) {
  for (int i = 0; i < kSpins; ++i) {
    if (done()) return true;
    Pause();
  }
  return done();
}

}  // namespace

ThreadPool::ThreadPool(int threads) {
  try {
    for (int i = 1; i < threads; ++i) {
      workers_.emplace_back([this, i] { WorkerLoop(static_cast<size_t>(i)); });
    }
  } catch (const std::system_error&) {
    // The system starts no more threads: the ones that run do all the work, and size() says how many they are.
  }
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
    ++generation_;
  }
  wake_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void ThreadPool::TakeIndices(size_t worker) {
  for (size_t i = next_.fetch_add(1); i < count_; i = next_.fetch_add(1)) (*body_)(i, worker);
}

void ThreadPool::WorkerLoop(size_t worker) {
  uint64_t seen = 0;
  while (true) {
    if (!SpinUntil([&] { return generation_.load() != seen; })) {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return generation_.load() != seen; });
    }
    seen = generation_.load();
    if (stop_) return;
    TakeIndices(worker);
    if (busy_.fetch_sub(1) == 1) {
      const std::lock_guard lock(mutex_);
      done_.notify_one();
    }
  }
}

void ThreadPool::Run(size_t count, const std::function<void(size_t, size_t)>& body) {
  if (workers_.empty() || count <= 1) {
    for (size_t i = 0; i < count; ++i) body(i, 0);
    return;
  }
  body_ = &body;
  count_ = count;
  next_ = 0;
  busy_ = workers_.size();
  {
    const std::lock_guard lock(mutex_);
    ++generation_;
  }
  wake_.notify_all();
  TakeIndices(0);
  if (SpinUntil([&] { return busy_.load() == 0; })) return;
  std::unique_lock lock(mutex_);
  done_.wait(lock, [&] { return busy_.load() == 0; });
}

}  // namespace convnext
