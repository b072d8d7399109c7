#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace convnext {

// A fixed set of threads that share out the indices of a loop. The calling thread is one of them, so a pool of 1 starts
// none. Not thread-safe: one loop at a time.
class ThreadPool {
 public:
  explicit ThreadPool(int threads);
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;
  ~ThreadPool();

  // How many threads really run (fewer than asked for where the system refused more).
  int size() const { return static_cast<int>(workers_.size()) + 1; }

  // Calls body(index, worker) once for each index in [0, count), in any order, on any thread; worker is in [0, size()).
  // Returns when all are done. `body` must not throw.
  void Run(size_t count, const std::function<void(size_t index, size_t worker)>& body);

 private:
  void WorkerLoop(size_t worker);
  void TakeIndices(size_t worker);

  std::vector<std::thread> workers_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable done_;
  const std::function<void(size_t, size_t)>* body_ = nullptr;
  size_t count_ = 0;
  std::atomic<size_t> next_ = 0;
  std::atomic<uint64_t> generation_ = 0;  // counts loops; a change wakes the workers
  std::atomic<size_t> busy_ = 0;          // workers that have not finished this loop
  bool stop_ = false;
};

}  // namespace convnext
