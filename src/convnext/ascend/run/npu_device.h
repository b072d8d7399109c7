// A device: its context, the models on it, and whose turn it is to execute them. Sessions share it.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "convnext/ascend/run/npu_context.h"
#include "convnext/ascend/run/npu_model.h"
#include "convnext/base/base.h"

namespace convnext {

// Longer than anything that works takes: the first aclrtSetDevice of a process takes seconds, a model that is loaded
// tens of them.
struct NpuTimeLimits {
  double set_device_seconds = 300;
  double load_seconds = 900;
};

// Thread-safe once the models are loaded.
class NpuDevice {
 public:
  // kUnavailable, npu.timeout, where the driver does not answer within `limits`: what it still does uses memory that is
  // then kept until the process ends.
  static Result<std::unique_ptr<NpuDevice>> Open(const std::shared_ptr<const AclRuntime>& runtime, int index,
                                                 const NpuTimeLimits& limits = {});
  NpuDevice(const NpuDevice&) = delete;
  NpuDevice& operator=(const NpuDevice&) = delete;
  ~NpuDevice();

  // Before any session.
  Status Load(const NpuModelFile& file, const NpuModelShape& shape);

  const AclRuntime& runtime() const { return *runtime_; }
  std::string name() const { return fmt::format("npu:{}", index_); }
  const std::vector<int64_t>& batch_sizes() const { return batch_sizes_; }  // of all models, ascending
  bool HasBatchSize(int64_t batch_size) const;
  const NpuModel& ModelOf(int64_t batch_size) const;

  // Lets the current thread use the device's context.
  Status Enter() const { return owned_->context->MakeCurrent(); }

  // NpuContext::IsOwnHost
  bool IsOwnHost() const { return owned_->context->IsOwnHost(); }

  // Held while a model is executed: a model serves one at a time, and two models would only share the cores.
  TurnMutex& turn() { return turn_; }

  // Why no session uses the device any more: what it still does after a failed run is unknown.
  Status failure() const;
  // The outcome of a run, with the device's name; a failure is the device's, unless it had one before.
  Status Report(const Status& run);
  // It did not answer in time, and may still read and write its memory.
  bool IsStuck() const;
  // Keeps what a stuck device may use until the process ends.
  void Abandon(std::shared_ptr<const void> resources) const;

  Result<DeviceMemory> Memory();
  // Allocates a little, and gives it back.
  Status TryMemory();

 private:
  // What the thread uses: apart, so that a thread that does not come back can keep it.
  struct Owned {
    std::unique_ptr<NpuContext> context;
    NpuWeights weights;  // before the models, which use them
    std::vector<std::unique_ptr<NpuModel>> models;
    WorkerThread thread;  // opens, loads and closes
  };

  NpuDevice(std::shared_ptr<const AclRuntime> runtime, int index, const NpuTimeLimits& limits)
      : runtime_(std::move(runtime)), index_(index), limits_(limits) {}
  // Runs `work` in the thread, which may outlive this object if it takes longer than `seconds`: `call` hangs then.
  Status RunInTime(const char* call, double seconds, std::function<Status()> work);
  void Close();

  std::shared_ptr<const AclRuntime> runtime_;
  int index_;
  NpuTimeLimits limits_;
  std::vector<int64_t> batch_sizes_;
  TurnMutex turn_;
  mutable std::mutex failure_mutex_;
  Status failure_;
  bool hangs_ = false;  // the thread does not come back
  std::unique_ptr<Owned> owned_ = std::make_unique<Owned>();
};

}  // namespace convnext
