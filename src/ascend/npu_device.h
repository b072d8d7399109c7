// A device with the thread that it belongs to, and the models on it.
#pragma once

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "ascend/npu_model.h"
#include "base/base.h"

namespace convnext {

class NpuDevice {
 public:
  static Result<std::unique_ptr<NpuDevice>> Open(std::shared_ptr<const AclRuntime> runtime, int index);
  NpuDevice(const NpuDevice&) = delete;
  NpuDevice& operator=(const NpuDevice&) = delete;
  // Memory that a device which did not answer in time (npu.timeout) may still read and write stays until the process
  // ends.
  ~NpuDevice();

  Status Load(const std::string& om_path, const NpuModelShape& shape);

  // images: [n, H, W, 3]; embeddings: [n, D]. Both must live until the future is ready. Once a run has failed the
  // device is not used again: what it still does with its memory is unknown.
  std::future<Status> Run(std::span<const float> images, std::span<float> embeddings, DeviceTimes& times);

  bool HasBatchSize(int64_t batch_size) const;

  Result<DeviceMemory> Memory();
  // Allocates a little, and gives it back.
  Status TryMemory();

 private:
  NpuDevice(std::shared_ptr<const AclRuntime> runtime, int index) : runtime_(std::move(runtime)), index_(index) {}
  Status RunAll(std::span<const float> images, std::span<float> embeddings, DeviceTimes& times);
  NpuModel& ModelOf(int64_t batch_size);
  bool IsStuck() const;

  std::shared_ptr<const AclRuntime> runtime_;
  int index_;
  NpuModelShape shape_;
  std::vector<int64_t> batch_sizes_;  // of all models, ascending
  Status broken_;
  // The thread alone uses these.
  std::unique_ptr<NpuStream> stream_;
  std::vector<std::unique_ptr<NpuModel>> models_;
  WorkerThread thread_;
};

}  // namespace convnext
