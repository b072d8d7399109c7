#include "ascend/npu_model.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>

#include "tensor/tensor.h"

namespace convnext {
namespace {

constexpr size_t kMaxTensors = 8;    // a model that was not made for this has more
constexpr size_t kBufferSlack = 64;  // AscendCL aligns what it reads and writes
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

Status CheckTensor(const NpuTensor& tensor, const std::vector<int64_t>& tail, int64_t largest, const char* what) {
  size_t bytes = sizeof(float) * static_cast<size_t>(largest);
  for (const int64_t size : tail) bytes *= static_cast<size_t>(size);
  if (HasTail(tensor.dims, tail) && tensor.type == ACL_FLOAT && tensor.bytes >= bytes && tensor.bytes <= kMaxBytes)
    return {};
  return Invalid(
      "the compiled model's {} is {}, {} bytes; expected [N, {}] of type 0 (float32), {} bytes. Was it "
      "compiled for another model or --image_size?",
      what, Text(tensor), tensor.bytes, fmt::join(tail, ", "), bytes);
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
  if (Status status = CheckTensor(*images, {3, shape.height, shape.width}, largest, "input"); !status.ok())
    return status;
  return CheckTensor(description.outputs[0], {shape.embedding_dim}, largest, "output");
}

NpuModel::NpuModel(const AclRuntime& runtime, uint32_t id, const NpuModelShape& shape)
    : runtime_(runtime),
      id_(id),
      shape_(shape),
      input_set_(nullptr, runtime.api().aclmdlDestroyDataset),
      output_set_(nullptr, runtime.api().aclmdlDestroyDataset) {}

NpuModel::~NpuModel() {
  input_set_.reset();
  output_set_.reset();
  inputs_.clear();
  outputs_.clear();
  runtime_.api().aclmdlUnload(id_);
}

Result<std::unique_ptr<NpuModel>> NpuModel::Load(const AclRuntime& runtime, const std::string& path,
                                                 const NpuModelShape& shape) {
  const AclApi& api = runtime.api();
  uint32_t id = 0;
  CONVNEXT_RETURN_IF_ERROR(runtime.Check("aclmdlLoadFromFile", api.aclmdlLoadFromFile(path.c_str(), &id)));
  std::unique_ptr<NpuModel> model(new NpuModel(runtime, id, shape));
  const AclDesc desc(api.aclmdlCreateDesc(), api.aclmdlDestroyDesc);
  CONVNEXT_RETURN_IF_ERROR(runtime.CheckHandle("aclmdlCreateDesc", desc.get()));
  CONVNEXT_RETURN_IF_ERROR(runtime.Check("aclmdlGetDesc", api.aclmdlGetDesc(desc.get(), id)));
  CONVNEXT_ASSIGN_OR_RETURN(const auto description, ReadDescription(runtime, desc.get()));
  CONVNEXT_RETURN_IF_ERROR(CheckModelDescription(description, shape));
  CONVNEXT_RETURN_IF_ERROR(model->Prepare(description));
  return model;
}

Status NpuModel::Prepare(const NpuModelDescription& description) {
  for (size_t i = 0; i < description.inputs.size(); ++i) {
    if (IsGearInput(description.inputs[i])) {
      gear_input_ = i;
    } else {
      image_input_ = i;
    }
  }
  gears_ = !description.gears.empty();
  batch_sizes_ = BatchSizes(description, image_input_);
  CONVNEXT_RETURN_IF_ERROR(AddBuffers(description.inputs, input_set_, inputs_));
  return AddBuffers(description.outputs, output_set_, outputs_);
}

Result<NpuModel::Buffer> NpuModel::MakeBuffer(size_t bytes, bool on_host) const {
  const AclApi& api = runtime_.api();
  auto device = MakeHandle(runtime_, "aclrtMalloc", api.aclrtFree, [&](void** memory) {
    return api.aclrtMalloc(memory, bytes + kBufferSlack, ACL_MEM_MALLOC_HUGE_FIRST);
  });
  if (!device.ok()) return device.status();
  Buffer buffer{*std::move(device), AclHandle(nullptr, api.aclrtFreeHost),
                AclDataBuffer(nullptr, api.aclDestroyDataBuffer), bytes};
  if (on_host) {
    auto host = MakeHandle(runtime_, "aclrtMallocHost", api.aclrtFreeHost,
                           [&](void** memory) { return api.aclrtMallocHost(memory, bytes); });
    if (!host.ok()) return host.status();
    buffer.host = *std::move(host);
  }
  buffer.data.reset(api.aclCreateDataBuffer(buffer.device.get(), bytes + kBufferSlack));
  CONVNEXT_RETURN_IF_ERROR(runtime_.CheckHandle("aclCreateDataBuffer", buffer.data.get()));
  return buffer;
}

Status NpuModel::AddBuffers(const std::vector<NpuTensor>& tensors, AclDataset& dataset, std::vector<Buffer>& buffers) {
  const AclApi& api = runtime_.api();
  dataset.reset(api.aclmdlCreateDataset());
  CONVNEXT_RETURN_IF_ERROR(runtime_.CheckHandle("aclmdlCreateDataset", dataset.get()));
  for (const NpuTensor& tensor : tensors) {
    CONVNEXT_ASSIGN_OR_RETURN(auto buffer, MakeBuffer(tensor.bytes, !IsGearInput(tensor)));
    buffers.push_back(std::move(buffer));
    const aclError code = api.aclmdlAddDatasetBuffer(dataset.get(), buffers.back().data.get());
    CONVNEXT_RETURN_IF_ERROR(runtime_.Check("aclmdlAddDatasetBuffer", code));
  }
  return {};
}

// [n, H, W, 3] to [batch_size, 3, H, W].
void NpuModel::FillInput(int64_t batch_size, std::span<const float> images) {
  auto* to = static_cast<float*>(inputs_[image_input_].host.get());
  const int64_t pixels = shape_.height * shape_.width, n = static_cast<int64_t>(images.size()) / (3 * pixels);
  NhwcToNchw({.N = n, .pixels = pixels}, images.data(), to);
  std::fill_n(to + images.size(), 3 * pixels * (batch_size - n), 0.0F);
}

Status NpuModel::Enqueue(const NpuStream& stream, int64_t batch_size) {
  const AclApi& api = runtime_.api();
  const Buffer &input = inputs_[image_input_], &output = outputs_[0];
  const size_t in = static_cast<size_t>(3 * batch_size * shape_.height * shape_.width) * sizeof(float);
  const size_t out = static_cast<size_t>(batch_size * shape_.embedding_dim) * sizeof(float);
  if (gears_) {
    const aclError code =
        api.aclmdlSetDynamicBatchSize(id_, input_set_.get(), gear_input_, static_cast<uint64_t>(batch_size));
    CONVNEXT_RETURN_IF_ERROR(runtime_.Check("aclmdlSetDynamicBatchSize", code));
  }
  CONVNEXT_RETURN_IF_ERROR(stream.RecordEvent(0));
  if (Status status =
          runtime_.Check("aclrtMemcpyAsync", api.aclrtMemcpyAsync(input.device.get(), input.bytes, input.host.get(), in,
                                                                  ACL_MEMCPY_HOST_TO_DEVICE, stream.get()));
      !status.ok())
    return status;
  CONVNEXT_RETURN_IF_ERROR(stream.RecordEvent(1));
  if (Status status = runtime_.Check("aclmdlExecuteAsync",
                                     api.aclmdlExecuteAsync(id_, input_set_.get(), output_set_.get(), stream.get()));
      !status.ok())
    return status;
  CONVNEXT_RETURN_IF_ERROR(stream.RecordEvent(2));
  if (Status status =
          runtime_.Check("aclrtMemcpyAsync", api.aclrtMemcpyAsync(output.host.get(), output.bytes, output.device.get(),
                                                                  out, ACL_MEMCPY_DEVICE_TO_HOST, stream.get()));
      !status.ok())
    return status;
  return stream.RecordEvent(3);
}

Status NpuModel::Run(const NpuStream& stream, int64_t batch_size, std::span<const float> images,
                     std::span<float> embeddings, DeviceTimes& times) {
  FillInput(batch_size, images);
  Status enqueued = Enqueue(stream, batch_size);
  // Also after a failure: what is enqueued uses the buffers.
  Status finished = stream.Synchronize(times);
  if (!enqueued.ok()) return enqueued;
  if (!finished.ok()) return finished;
  const auto* from = static_cast<const float*>(outputs_[0].host.get());
  std::copy_n(from, embeddings.size(), embeddings.begin());
  return {};
}

}  // namespace convnext
