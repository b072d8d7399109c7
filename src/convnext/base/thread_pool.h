#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "convnext/base/numa.h"

namespace convnext {

// A fixed set of threads that share out the indices of a loop. The calling thread is one of them, so a pool of 1 starts
// none. Not thread-safe: one loop at a time.
//
// Where there are several NUMA nodes, the threads of a node are bound to its cores (the calling one is not: it is not
// ours) and share a run of indices, the same in every loop of so many; a node that is done helps the next. So a node
// finds in its own memory what it was the first to write, as long as loops go over the same data in the same order.
// Pools that one thread makes begin at the node that it runs on, each of them.
class ThreadPool {
 public:
  explicit ThreadPool(int threads) : ThreadPool(threads, NumaNodes()) {}
  ThreadPool(int threads, std::vector<NumaNode> nodes);
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;
  ~ThreadPool();

  // How many threads really run (fewer than asked for where the system refused more).
  int size() const { return static_cast<int>(workers_.size()) + 1; }
  // The node, by its place in `nodes`, of each thread that was asked for; [0] is the calling thread.
  const std::vector<size_t>& node_of_worker() const { return node_of_worker_; }

  // Calls body(index, worker) once for each index in [0, count), in any order, on any thread; worker is in [0, size()).
  // Returns when all are done. `body` must not throw.
  void Run(size_t count, const std::function<void(size_t index, size_t worker)>& body);

 private:
  // The indices that the threads of a node begin with.
  struct alignas(128) Group {
    std::atomic<size_t> next = 0;
    size_t end = 0;
  };

  void AssignRanges(size_t count);
  void WorkerLoop(size_t worker);
  void RunClaimedIndices(size_t worker);

  std::vector<NumaNode> nodes_;
  std::vector<size_t> node_of_worker_;
  std::vector<Group> groups_;
  std::vector<std::thread> workers_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable done_;
  const std::function<void(size_t, size_t)>* body_ = nullptr;
  std::atomic<uint64_t> generation_ = 0;  // counts loops; a change wakes the workers
  std::atomic<size_t> busy_ = 0;          // workers that have not finished this loop
  bool stop_ = false;
};

}  // namespace convnext
