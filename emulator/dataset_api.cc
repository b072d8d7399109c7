#include "api.h"
#include "call.h"
#include "codes.h"
#include "dataset.h"

namespace ascend_emulator {

std::shared_ptr<Dataset> FindDataset(const aclmdlDataset* handle) {
  std::shared_ptr<Dataset> dataset = Global().datasets.Find(handle);
  if (dataset == nullptr && handle != nullptr)
    Misuse(0, fmt::format("dataset {}: {}", static_cast<const void*>(handle), ExplainUnknown(handle)));
  return dataset;
}

std::shared_ptr<DataBuffer> FindBuffer(const aclDataBuffer* handle) {
  std::shared_ptr<DataBuffer> buffer = Global().data_buffers.Find(handle);
  if (buffer == nullptr && handle != nullptr)
    Misuse(0, fmt::format("data buffer {}: {}", static_cast<const void*>(handle), ExplainUnknown(handle)));
  return buffer;
}

std::optional<DataBuffer> FindDataBuffer(const aclDataBuffer* handle) {
  const Guard guard(Global().lock);
  const std::shared_ptr<DataBuffer> buffer = FindBuffer(handle);
  return buffer != nullptr ? std::optional(*buffer) : std::nullopt;
}

namespace {

aclError NoDataset() { return Fail(kInvalidParameter, "EH0001: the dataset is invalid"); }
aclError NoBuffer() { return Fail(kInvalidParameter, "EH0001: the data buffer is invalid"); }

aclDataBuffer* CreateBuffer(void* memory, size_t size) {
  const Guard guard(Global().lock);
  return static_cast<aclDataBuffer*>(Global().data_buffers.Add(std::make_shared<DataBuffer>(DataBuffer{memory, size})));
}

aclError DestroyBuffer(const aclDataBuffer* handle) {
  const Guard guard(Global().lock);
  if (FindBuffer(handle) == nullptr) return NoBuffer();
  Global().data_buffers.Remove(handle);
  return 0;
}

aclError UpdateBuffer(const aclDataBuffer* handle, void* memory, size_t size) {
  const Guard guard(Global().lock);
  const std::shared_ptr<DataBuffer> buffer = FindBuffer(handle);
  if (buffer == nullptr) return NoBuffer();
  *buffer = {memory, size};
  return 0;
}

aclmdlDataset* CreateDataset() {
  const Guard guard(Global().lock);
  return static_cast<aclmdlDataset*>(Global().datasets.Add(std::make_shared<Dataset>()));
}

aclError DestroyDataset(const aclmdlDataset* handle) {
  const Guard guard(Global().lock);
  if (FindDataset(handle) == nullptr) return NoDataset();
  Global().datasets.Remove(handle);
  return 0;
}

aclError AddBuffer(aclmdlDataset* handle, aclDataBuffer* buffer) {
  const Guard guard(Global().lock);
  const std::shared_ptr<Dataset> dataset = FindDataset(handle);
  if (dataset == nullptr) return NoDataset();
  if (FindBuffer(buffer) == nullptr) return NoBuffer();
  dataset->buffers.push_back(buffer);
  dataset->descriptions.push_back(nullptr);
  return 0;
}

size_t BufferCount(const aclmdlDataset* handle) {
  const Guard guard(Global().lock);
  const std::shared_ptr<Dataset> dataset = FindDataset(handle);
  return dataset != nullptr ? dataset->buffers.size() : 0;
}

aclDataBuffer* BufferAt(const aclmdlDataset* handle, size_t index) {
  const Guard guard(Global().lock);
  const std::shared_ptr<Dataset> dataset = FindDataset(handle);
  return dataset != nullptr && index < dataset->buffers.size() ? dataset->buffers[index] : nullptr;
}

aclError SetDescription(aclmdlDataset* handle, aclTensorDesc* description, size_t index) {
  const Guard guard(Global().lock);
  const std::shared_ptr<Dataset> dataset = FindDataset(handle);
  if (dataset == nullptr || index >= dataset->buffers.size()) return NoDataset();
  dataset->descriptions[index] = description;
  return 0;
}

aclTensorDesc* DescriptionAt(const aclmdlDataset* handle, size_t index) {
  const Guard guard(Global().lock);
  const std::shared_ptr<Dataset> dataset = FindDataset(handle);
  return dataset != nullptr && index < dataset->buffers.size() ? dataset->descriptions[index] : nullptr;
}

DataBuffer BufferOrNone(const aclDataBuffer* handle) { return FindDataBuffer(handle).value_or(DataBuffer()); }

}  // namespace
}  // namespace ascend_emulator

using namespace ascend_emulator;  // NOLINT: the functions of AscendCL below are not in a namespace

extern "C" {

aclDataBuffer* aclCreateDataBuffer(void* memory, size_t size) {
  return Call(
      "aclCreateDataBuffer", [&] { return CreateBuffer(memory, size); }, memory, size);
}

aclError aclDestroyDataBuffer(const aclDataBuffer* buffer) {
  return Release(
      "aclDestroyDataBuffer", [&] { return DestroyBuffer(buffer); }, buffer);
}

aclError aclUpdateDataBuffer(aclDataBuffer* buffer, void* memory, size_t size) {
  return Call(
      "aclUpdateDataBuffer", [&] { return UpdateBuffer(buffer, memory, size); }, buffer, memory, size);
}

void* aclGetDataBufferAddr(const aclDataBuffer* buffer) {
  return Call(
      "aclGetDataBufferAddr", [&] { return BufferOrNone(buffer).memory; }, buffer);
}

uint32_t aclGetDataBufferSize(const aclDataBuffer* buffer) {
  return Call(
      "aclGetDataBufferSize", [&] { return static_cast<uint32_t>(BufferOrNone(buffer).size); }, buffer);
}

size_t aclGetDataBufferSizeV2(const aclDataBuffer* buffer) {
  return Call(
      "aclGetDataBufferSizeV2", [&] { return BufferOrNone(buffer).size; }, buffer);
}

aclmdlDataset* aclmdlCreateDataset() { return Call("aclmdlCreateDataset", CreateDataset); }

aclError aclmdlDestroyDataset(const aclmdlDataset* dataset) {
  return Release(
      "aclmdlDestroyDataset", [&] { return DestroyDataset(dataset); }, dataset);
}

aclError aclmdlAddDatasetBuffer(aclmdlDataset* dataset, aclDataBuffer* buffer) {
  return Call(
      "aclmdlAddDatasetBuffer", [&] { return AddBuffer(dataset, buffer); }, dataset, buffer);
}

size_t aclmdlGetDatasetNumBuffers(const aclmdlDataset* dataset) {
  return Call(
      "aclmdlGetDatasetNumBuffers", [&] { return BufferCount(dataset); }, dataset);
}

aclDataBuffer* aclmdlGetDatasetBuffer(const aclmdlDataset* dataset, size_t index) {
  return Call(
      "aclmdlGetDatasetBuffer", [&] { return BufferAt(dataset, index); }, dataset, index);
}

aclError aclmdlSetDatasetTensorDesc(aclmdlDataset* dataset, aclTensorDesc* description, size_t index) {
  return Call(
      "aclmdlSetDatasetTensorDesc", [&] { return SetDescription(dataset, description, index); }, dataset, description,
      index);
}

aclTensorDesc* aclmdlGetDatasetTensorDesc(const aclmdlDataset* dataset, size_t index) {
  return Call(
      "aclmdlGetDatasetTensorDesc", [&] { return DescriptionAt(dataset, index); }, dataset, index);
}

}  // extern "C"
