#include "convnext/ascend/run/npu_model.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>

#include "convnext/ascend/compile/compile.h"

namespace convnext {
namespace {

constexpr size_t kMaxTensors = 8;  // a model that was not made for this has more
constexpr size_t kMaxBytes = size_t{1} << 36;

Status ReadDims(const AclRuntime& runtime, const aclmdlDesc* desc, size_t index,
                aclError (*get)(const aclmdlDesc*, size_t, aclmdlIODims*), const char* call, NpuTensor& tensor) {
  aclmdlIODims dims = {};
  CONVNEXT_RETURN_IF_ERROR(runtime.Check(call, get(desc, index, &dims)));
  tensor.dims.assign(dims.dims, dims.dims + std::min(dims.dimCount, ACL_MAX_DIM_CNT));
  tensor.name.assign(dims.name, ::strnlen(dims.name, sizeof dims.name));
  return {};
}

Result<std::vector<int64_t>> ReadGears(const AclRuntime& runtime, const aclmdlDesc* desc) {
  aclmdlBatch batch = {};
  if (Status status = runtime.Check("aclmdlGetDynamicBatch", runtime.api().aclmdlGetDynamicBatch(desc, &batch));
      !status.ok())
    return status;
  return std::vector<int64_t>(batch.batch, batch.batch + std::min(batch.batchCount, ACL_MAX_BATCH_NUM));
}

Result<NpuModelDescription> ReadDescription(const AclRuntime& runtime, aclmdlDesc* desc) {
  const AclApi& api = runtime.api();
  NpuModelDescription description;
  description.inputs.resize(std::min(api.aclmdlGetNumInputs(desc), kMaxTensors));
  description.outputs.resize(std::min(api.aclmdlGetNumOutputs(desc), kMaxTensors));
  for (size_t i = 0; i < description.inputs.size(); ++i) {
    NpuTensor& input = description.inputs[i];
    CONVNEXT_RETURN_IF_ERROR(ReadDims(runtime, desc, i, api.aclmdlGetInputDims, "aclmdlGetInputDims", input));
    if (const char* name = api.aclmdlGetInputNameByIndex(desc, i)) input.name = name;
    input.type = api.aclmdlGetInputDataType(desc, i);
    input.bytes = api.aclmdlGetInputSizeByIndex(desc, i);
  }
  for (size_t i = 0; i < description.outputs.size(); ++i) {
    NpuTensor& output = description.outputs[i];
    if (Status status = ReadDims(runtime, desc, i, api.aclmdlGetOutputDims, "aclmdlGetOutputDims", output);
        !status.ok())
      return status;
    output.type = api.aclmdlGetOutputDataType(desc, i);
    output.bytes = api.aclmdlGetOutputSizeByIndex(desc, i);
  }
  CONVNEXT_ASSIGN_OR_RETURN(auto gears, ReadGears(runtime, desc));
  description.gears = std::move(gears);
  return description;
}

std::string Text(const NpuTensor& tensor) {
  return fmt::format("{} [{}] of type {}", Printable(tensor.name), fmt::join(tensor.dims, ", "),
                     static_cast<int>(tensor.type));
}

// `dims` without what stands for the batch: [N, tail]. Trailing ones say nothing.
bool HasTail(std::vector<int64_t> dims, const std::vector<int64_t>& tail) {
  while (dims.size() > tail.size() + 1 && dims.back() == 1) dims.pop_back();
  return dims.size() == tail.size() + 1 && std::equal(tail.begin(), tail.end(), dims.begin() + 1);
}

struct Wanted {
  std::vector<int64_t> tail;  // of the dims, behind the batch
  aclDataType type = ACL_FLOAT;
};

Status CheckTensor(const NpuTensor& tensor, const Wanted& wanted, int64_t largest, const char* what) {
  const auto& [tail, type] = wanted;
  size_t bytes = (type == ACL_UINT8 ? sizeof(uint8_t) : sizeof(float)) * static_cast<size_t>(largest);
  for (const int64_t size : tail) bytes *= static_cast<size_t>(size);
  if (HasTail(tensor.dims, tail) && tensor.type == type && tensor.bytes >= bytes && tensor.bytes <= kMaxBytes)
    return {};
  return Invalid(
      "the compiled model's {} is {}, {} bytes; expected [N, {}] of type {} ({}), {} bytes. Was it "
      "compiled for another model, --image_size or --device_preprocess?",
      what, Text(tensor), tensor.bytes, fmt::join(tail, ", "), static_cast<int>(type),
      type == ACL_UINT8 ? "uint8" : "float32", bytes);
}

Status SetPath(const AclRuntime& runtime, aclmdlConfigHandle* config, const char* path) {
  const AclApi& api = runtime.api();
  constexpr size_t kFromFile = 1;  // ACL_MDL_LOAD_FROM_FILE
  const aclError code = api.aclmdlSetConfigOpt(config, ACL_MDL_LOAD_TYPE_SIZET, &kFromFile, sizeof kFromFile);
  CONVNEXT_RETURN_IF_ERROR(runtime.Check("aclmdlSetConfigOpt", code));
  return runtime.Check("aclmdlSetConfigOpt", api.aclmdlSetConfigOpt(config, ACL_MDL_PATH_PTR, &path, sizeof path));
}

Result<uint32_t> LoadWithWeights(const AclRuntime& runtime, const NpuModelFile& file, NpuWeights& weights) {
  const AclApi& api = runtime.api();
  const AclConfig config(api.aclmdlCreateConfigHandle(), api.aclmdlDestroyConfigHandle);
  CONVNEXT_RETURN_IF_ERROR(runtime.CheckHandle("aclmdlCreateConfigHandle", config.get()));
  for (const std::string& name : file.weights) {
    CONVNEXT_ASSIGN_OR_RETURN(const auto place, weights.PlaceOf(runtime, WeightPath(file.om_path, name)));
    const aclError code = api.aclmdlSetExternalWeightAddress(config.get(), name.c_str(), place.memory, place.bytes);
    CONVNEXT_RETURN_IF_ERROR(runtime.Check("aclmdlSetExternalWeightAddress", code));
  }
  CONVNEXT_RETURN_IF_ERROR(SetPath(runtime, config.get(), file.om_path.c_str()));
  uint32_t id = 0;
  CONVNEXT_RETURN_IF_ERROR(runtime.Check("aclmdlLoadWithConfig", api.aclmdlLoadWithConfig(config.get(), &id)));
  return id;
}

// The runtime finds weights beside the model, where it is not told of them.
Result<uint32_t> LoadFile(const AclRuntime& runtime, const NpuModelFile& file, NpuWeights& weights) {
  const AclApi& api = runtime.api();
  if (!file.weights.empty() && api.aclmdlSetExternalWeightAddress != nullptr)
    return LoadWithWeights(runtime, file, weights);
  uint32_t id = 0;
  CONVNEXT_RETURN_IF_ERROR(runtime.Check("aclmdlLoadFromFile", api.aclmdlLoadFromFile(file.om_path.c_str(), &id)));
  return id;
}

bool IsGearInput(const NpuTensor& tensor) { return tensor.name == ACL_DYNAMIC_TENSOR_NAME; }

std::vector<int64_t> BatchSizes(const NpuModelDescription& description, size_t image_input) {
  std::vector<int64_t> sizes = description.gears;
  if (sizes.empty()) sizes.push_back(description.inputs[image_input].dims[0]);
  std::sort(sizes.begin(), sizes.end());
  return sizes;
}

}  // namespace

Status CheckModelDescription(const NpuModelDescription& description, const NpuModelShape& shape) {
  const auto gear_inputs = std::count_if(description.inputs.begin(), description.inputs.end(), IsGearInput);
  if (description.inputs.size() != 1 + static_cast<size_t>(gear_inputs) || description.outputs.size() != 1 ||
      gear_inputs != (description.gears.empty() ? 0 : 1)) {
    return Invalid(
        "the compiled model has {} inputs, {} outputs and {} batch sizes to choose from; expected images in, "
        "embeddings out",
        description.inputs.size(), description.outputs.size(), description.gears.size());
  }
  const auto images = std::find_if_not(description.inputs.begin(), description.inputs.end(), IsGearInput);
  std::vector<int64_t> sizes = description.gears;
  if (sizes.empty() && !images->dims.empty()) sizes.push_back(images->dims[0]);
  for (const int64_t size : sizes) {
    CONVNEXT_RETURN_IF_ERROR(CheckBounds("the compiled model's batch size", size, kBatchSizes));
  }
  const int64_t largest = sizes.empty() ? 1 : *std::max_element(sizes.begin(), sizes.end());
  const Wanted pictures = shape.uint8_input ? Wanted{{shape.height, shape.width, 3}, ACL_UINT8}
                                            : Wanted{{3, shape.height, shape.width}, ACL_FLOAT};
  if (Status status = CheckTensor(*images, pictures, largest, "input"); !status.ok()) return status;
  return CheckTensor(description.outputs[0], {{shape.embedding_dim}, ACL_FLOAT}, largest, "output");
}

NpuModel::~NpuModel() { runtime_.api().aclmdlUnload(id_); }

Result<std::unique_ptr<NpuModel>> NpuModel::Load(const AclRuntime& runtime, const NpuModelFile& file,
                                                 const NpuModelShape& shape, NpuWeights& weights) {
  const AclApi& api = runtime.api();
  CONVNEXT_ASSIGN_OR_RETURN(const uint32_t id, LoadFile(runtime, file, weights));
  std::unique_ptr<NpuModel> model(new NpuModel(runtime, id, shape));
  const AclDesc desc(api.aclmdlCreateDesc(), api.aclmdlDestroyDesc);
  CONVNEXT_RETURN_IF_ERROR(runtime.CheckHandle("aclmdlCreateDesc", desc.get()));
  CONVNEXT_RETURN_IF_ERROR(runtime.Check("aclmdlGetDesc", api.aclmdlGetDesc(desc.get(), id)));
  CONVNEXT_ASSIGN_OR_RETURN(auto description, ReadDescription(runtime, desc.get()));
  CONVNEXT_RETURN_IF_ERROR(CheckModelDescription(description, shape));
  model->SetDescription(std::move(description));
  return model;
}

void NpuModel::SetDescription(NpuModelDescription description) {
  description_ = std::move(description);
  for (size_t i = 0; i < description_.inputs.size(); ++i) {
    if (IsGearInput(description_.inputs[i])) {
      gear_input_ = i;
    } else {
      image_input_ = i;
    }
  }
  batch_sizes_ = BatchSizes(description_, image_input_);
}

}  // namespace convnext
