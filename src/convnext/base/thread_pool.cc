#include "convnext/base/thread_pool.h"

#include <algorithm>
#include <exception>
#include <utility>

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

ThreadPool::ThreadPool(int threads, std::vector<NumaNode> nodes) : nodes_(std::move(nodes)), groups_(nodes_.size()) {
  const auto count = static_cast<size_t>(std::max(1, threads));
  const std::vector<size_t> placed = PlaceThreads(nodes_, count);
  for (size_t node = 0; node < nodes_.size(); ++node) node_of_worker_.insert(node_of_worker_.end(), placed[node], node);
  workers_.reserve(count - 1);
  try {
    for (size_t i = 1; i < count; ++i) workers_.emplace_back([this, i] { WorkerLoop(i); });
  } catch (const std::exception&) {
    // No more threads, or no memory for them: the ones that run do all the work, and size() says how many they are.
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

// To each node a run of indices in proportion to its threads.
void ThreadPool::AssignRanges(size_t count) {
  const size_t threads = workers_.size() + 1;
  size_t begin = 0;
  for (size_t node = 0, worker = 0; node < groups_.size(); ++node) {
    while (worker < threads && node_of_worker_[worker] == node) ++worker;
    groups_[node].next = begin;
    groups_[node].end = begin = count * worker / threads;
  }
}

void ThreadPool::RunClaimedIndices(size_t worker) {
  const size_t own = node_of_worker_[worker];
  for (size_t i = 0; i < groups_.size(); ++i) {
    Group& group = groups_[(own + i) % groups_.size()];
    for (size_t index = group.next.fetch_add(1); index < group.end; index = group.next.fetch_add(1))
      (*body_)(index, worker);
  }
}

void ThreadPool::WorkerLoop(size_t worker) {
  if (nodes_.size() > 1) BindToCores(nodes_[node_of_worker_[worker]].cores);
  uint64_t seen = 0;
  while (true) {
    if (!SpinUntil([&] { return generation_.load() != seen; })) {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return generation_.load() != seen; });
    }
    seen = generation_.load();
    if (stop_) return;
    RunClaimedIndices(worker);
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
  AssignRanges(count);
  busy_ = workers_.size();
  {
    const std::lock_guard lock(mutex_);
    ++generation_;
  }
  wake_.notify_all();
  RunClaimedIndices(0);
  if (SpinUntil([&] { return busy_.load() == 0; })) return;
  std::unique_lock lock(mutex_);
  done_.wait(lock, [&] { return busy_.load() == 0; });
}

}  // namespace convnext
