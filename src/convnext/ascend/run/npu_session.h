// Runs of a program on its devices, one at a time. Several sessions run at the same time.
#pragma once

#include <memory>
#include <span>
#include <stop_token>
#include <vector>

#include "convnext/ascend/run/npu_program.h"

namespace convnext {

// Not thread-safe. Keeps the program alive.
class NpuSession {
 public:
  NpuSession(std::shared_ptr<const NpuProgram> program, NpuWorkers workers);
  NpuSession(const NpuSession&) = delete;
  NpuSession& operator=(const NpuSession&) = delete;
  ~NpuSession();

  // embeddings: [N, D]. The pictures are shared out among the devices, and keep their order; the times are those of the
  // slowest device. kCancelled between two batches if a stop is requested.
  Result<std::optional<DeviceTimes>> Run(const ImageBatch& images, std::span<float> embeddings,
                                         const std::stop_token& stop = {});

 private:
  std::shared_ptr<const NpuProgram> program_;
  NpuWorkers workers_;  // one for each device
};

}  // namespace convnext
