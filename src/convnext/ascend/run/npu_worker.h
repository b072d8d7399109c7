// What a session has of a device: a thread, a stream, and the memory for each model that it uses.
#pragma once

#include <future>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>

#include "convnext/ascend/run/npu_buffers.h"
#include "convnext/ascend/run/npu_device.h"

namespace convnext {

// Pictures, and where their embeddings go. All of it must live until the work is done.
struct NpuWork {
  ImageBatch images;            // [n, H, W, 3]
  std::span<float> embeddings;  // [n, D]
  const NormalizationTable& table;
  std::stop_token stop;
};

class NpuWorker {
 public:
  // kUnavailable where the device has no stream left, or has failed. `device` must outlive the worker.
  static Result<std::unique_ptr<NpuWorker>> Open(NpuDevice& device);
  NpuWorker(const NpuWorker&) = delete;
  NpuWorker& operator=(const NpuWorker&) = delete;
  ~NpuWorker();

  // The lengths of the steps are added to `times`, which must live as long as the work; nothing is left of it where the
  // device's clock gives none. Once a run has failed no worker
  // uses the device again; where memory is missing before it, only this work fails.
  std::future<Status> Run(const NpuWork& work, std::optional<DeviceTimes>& times);

 private:
  explicit NpuWorker(NpuDevice& device) : device_(device) {}
  Status RunAll(const NpuWork& work, std::optional<DeviceTimes>& times);
  Status RunBatch(NpuBuffers& buffers, std::optional<DeviceTimes>& times);
  Status Finish(const Status& enqueued) const;
  Result<NpuBuffers*> BuffersOf(const NpuModel& model);
  void Close();

  NpuDevice& device_;
  // The thread alone uses these.
  std::unique_ptr<NpuStream> stream_;
  std::map<const NpuModel*, std::unique_ptr<NpuBuffers>> buffers_;
  WorkerThread thread_;
};

}  // namespace convnext
