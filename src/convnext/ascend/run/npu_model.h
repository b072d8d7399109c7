// A compiled model on a device.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "convnext/ascend/acl/acl.h"
#include "convnext/ascend/run/npu_weights.h"

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

struct NpuModelFile {
  std::string om_path;
  std::vector<std::string> weights;  // names of files in "weight" beside it (WeightPath); none: it holds its weights
};

// A model must have this shape: images float32 [N, 3, H, W] in, or uint8 [N, H, W, 3]; embeddings float32 [N, D] out.
struct NpuModelShape {
  int64_t height = 0, width = 0, embedding_dim = 0;
  bool uint8_input = false;

  size_t picture_bytes() const {
    return static_cast<size_t>(3 * height * width) * (uint8_input ? sizeof(uint8_t) : sizeof(float));
  }
};

// kInvalid says what the model has and what was expected.
Status CheckModelDescription(const NpuModelDescription& description, const NpuModelShape& shape);

// Loaded once, used by all sessions, but by one at a time: its work memory is one. Belongs to the context in which it
// was loaded. See docs/ascend-facts.md, "AscendCL: models".
class NpuModel {
 public:
  // Weights that are in files of their own are those of `weights`, which must outlive the model; a runtime that cannot
  // share them loads them itself.
  static Result<std::unique_ptr<NpuModel>> Load(const AclRuntime& runtime, const NpuModelFile& file,
                                                const NpuModelShape& shape, NpuWeights& weights);
  NpuModel(const NpuModel&) = delete;
  NpuModel& operator=(const NpuModel&) = delete;
  ~NpuModel();

  uint32_t id() const { return id_; }
  const NpuModelShape& shape() const { return shape_; }
  const NpuModelDescription& description() const { return description_; }
  // The batch sizes that it can run, ascending.
  const std::vector<int64_t>& batch_sizes() const { return batch_sizes_; }
  size_t image_input() const { return image_input_; }
  std::optional<size_t> gear_input() const { return gear_input_; }  // takes the batch size

 private:
  NpuModel(const AclRuntime& runtime, uint32_t id, const NpuModelShape& shape)
      : runtime_(runtime), id_(id), shape_(shape) {}
  void SetDescription(NpuModelDescription description);

  const AclRuntime& runtime_;
  uint32_t id_;
  NpuModelShape shape_;
  NpuModelDescription description_;
  std::vector<int64_t> batch_sizes_;
  size_t image_input_ = 0;
  std::optional<size_t> gear_input_;
};

}  // namespace convnext
