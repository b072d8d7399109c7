// A compiled model on a device, with the memory for its inputs and outputs.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "ascend/acl_handle.h"
#include "ascend/npu_stream.h"

namespace convnext {

struct NpuTensor {
  std::string name;
  std::vector<int64_t> dims;  // -1 for the batch of a model with gears
  aclDataType type = ACL_DT_UNDEFINED;
  size_t bytes = 0;  // for the largest gear
};

struct NpuModelDescription {
  std::vector<NpuTensor> inputs, outputs;
  std::vector<int64_t> gears;  // the batch sizes to choose from; empty: one, that of the dims
};

// A model must have this shape: images float32 [N, 3, H, W] in, embeddings float32 [N, D] out.
struct NpuModelShape {
  int64_t height = 0, width = 0, embedding_dim = 0;
};

// kInvalid says what the model has and what was expected.
Status CheckModelDescription(const NpuModelDescription& description, const NpuModelShape& shape);

// Belongs to the thread and context that loaded it.
class NpuModel {
 public:
  // `path`: an .om file. The memory of all runs is allocated here.
  static Result<std::unique_ptr<NpuModel>> Load(const AclRuntime& runtime, const std::string& path,
                                                const NpuModelShape& shape);
  NpuModel(const NpuModel&) = delete;
  NpuModel& operator=(const NpuModel&) = delete;
  ~NpuModel();

  // The batch sizes that it can run, ascending.
  const std::vector<int64_t>& batch_sizes() const { return batch_sizes_; }

  // images: [n, H, W, 3]; embeddings: [n, D]; n at most `batch_size`, one of batch_sizes(); the rest of the batch is
  // zeros. Returns when the embeddings are there.
  Status Run(const NpuStream& stream, int64_t batch_size, std::span<const float> images, std::span<float> embeddings,
             DeviceTimes& times);

 private:
  // One input or output: memory of the device, its twin in pinned host memory (none for what the host does not read or
  // write), and the handle that a dataset holds.
  struct Buffer {
    AclHandle device, host;
    AclDataBuffer data;
    size_t bytes = 0;
  };

  NpuModel(const AclRuntime& runtime, uint32_t id, const NpuModelShape& shape);
  Status Prepare(const NpuModelDescription& description);
  Result<Buffer> MakeBuffer(size_t bytes, bool on_host) const;
  Status AddBuffers(const std::vector<NpuTensor>& tensors, AclDataset& dataset, std::vector<Buffer>& buffers);
  void FillInput(int64_t batch_size, std::span<const float> images);
  Status Enqueue(const NpuStream& stream, int64_t batch_size);

  const AclRuntime& runtime_;
  uint32_t id_;
  NpuModelShape shape_;
  std::vector<int64_t> batch_sizes_;
  bool gears_ = false;
  size_t image_input_ = 0;
  size_t gear_input_ = 0;
  std::vector<Buffer> inputs_, outputs_;  // before the datasets, which refer to them
  AclDataset input_set_, output_set_;
};

}  // namespace convnext
