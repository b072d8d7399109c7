// The memory of a session for the inputs and outputs of a model, and a run of the model in it.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "convnext/ascend/run/npu_model.h"
#include "convnext/ascend/run/npu_stream.h"
#include "convnext/model/model.h"

namespace convnext {

// Belongs to the context of the model.
class NpuBuffers {
 public:
  // Copies wait until they are done where `copies_wait`, and are enqueued otherwise.
  static Result<std::unique_ptr<NpuBuffers>> Make(const AclRuntime& runtime, const NpuModel& model, bool copies_wait);
  NpuBuffers(const NpuBuffers&) = delete;
  NpuBuffers& operator=(const NpuBuffers&) = delete;
  ~NpuBuffers() = default;

  // At most `batch_size` pictures, one of the model's sizes; the rest of the batch is zeros.
  void SetInput(const ImageBatch& images, const NormalizationTable& table, int64_t batch_size);

  // The steps of a run. What is enqueued uses this memory until the stream is synchronised.
  Status EnqueueCopyIn(const NpuStream& stream) const;
  // Not while another session executes.
  Status EnqueueExecution(const NpuStream& stream) const;
  Status EnqueueCopyOut(const NpuStream& stream) const;

  // Of the first pictures, [n, D].
  void GetOutput(std::span<float> embeddings) const;

 private:
  // One input or output: memory of the device, its twin in pinned host memory (none for what the host does not read or
  // write), and the handle that a dataset holds.
  struct Buffer {
    AclHandle device, host;
    AclDataBuffer data;
    size_t bytes = 0;
  };

  NpuBuffers(const AclRuntime& runtime, const NpuModel& model, bool copies_wait);
  Result<Buffer> MakeBuffer(size_t bytes, bool on_host) const;
  Status Copy(void* to, size_t size, const void* from, size_t count, aclrtMemcpyKind kind,
              const NpuStream& stream) const;
  Status AddInputs();
  Status AddOutputs();
  Status Add(Buffer buffer, const AclDataset& dataset, std::vector<Buffer>& buffers) const;

  const AclRuntime& runtime_;
  const NpuModel& model_;
  bool copies_wait_;
  int64_t batch_size_ = 0;                // of what is in the input
  std::vector<Buffer> inputs_, outputs_;  // before the datasets, which refer to them
  AclDataset input_set_, output_set_;
};

}  // namespace convnext
