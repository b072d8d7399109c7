#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <thread>

#include "convnext/base/status.h"

namespace convnext {

// One thread that does what it is given, in order. For libraries whose handles belong to a thread.
class WorkerThread {
 public:
  WorkerThread();
  WorkerThread(const WorkerThread&) = delete;
  WorkerThread& operator=(const WorkerThread&) = delete;
  ~WorkerThread();  // after all work is done

  // `work` must not throw.
  std::future<Status> Submit(std::function<Status()> work);
  Status RunAndWait(std::function<Status()> work) { return Submit(std::move(work)).get(); }

 private:
  void Loop();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::packaged_task<Status()>> queue_;
  bool stop_ = false;
  std::thread thread_;  // the last member: it uses all others
};

}  // namespace convnext
