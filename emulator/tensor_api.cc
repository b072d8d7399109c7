// Descriptions of single tensors, and the sizes of elements.
#include <limits>

#include "api.h"
#include "call.h"
#include "codes.h"
#include "state.h"

namespace ascend_emulator {

// aclDataType: docs/ascend-facts.md, "AscendCL: types".
size_t ElementSize(int data_type) {
  switch (data_type) {
    case 2:
    case 4:
    case 12:
      return 1;  // INT8, UINT8, BOOL
    case 1:
    case 6:
    case 7:
    case 27:
      return 2;  // FLOAT16, INT16, UINT16, BF16
    case 0:
    case 3:
    case 8:
    case 33:
      return 4;  // FLOAT, INT32, UINT32, COMPLEX32
    case 9:
    case 10:
    case 11:
    case 16:
      return 8;  // INT64, UINT64, DOUBLE, COMPLEX64
    case 17:
      return 16;  // COMPLEX128
    default:
      return 0;
  }
}

size_t TensorSize(int data_type, std::span<const int64_t> dims) {
  size_t size = ElementSize(data_type);
  for (const int64_t dim : dims) {
    if (dim < 0 || (dim != 0 && size > std::numeric_limits<size_t>::max() / static_cast<size_t>(dim))) return 0;
    size *= static_cast<size_t>(dim);
  }
  return size;
}

namespace {

// With the lock held; nullptr after a misuse.
std::shared_ptr<TensorDescription> Find(const aclTensorDesc* handle) {
  std::shared_ptr<TensorDescription> description = Global().tensor_descriptions.Find(handle);
  if (description == nullptr && handle != nullptr)
    Misuse(0, fmt::format("tensor description {}: {}", static_cast<const void*>(handle), ExplainUnknown(handle)));
  return description;
}

aclTensorDesc* Create(int data_type, int rank, const int64_t* dims, int format) {
  if (rank < 0 || rank > 128 || (rank > 0 && dims == nullptr)) return nullptr;
  TensorDescription description{data_type, format, {}, "", std::nullopt};
  description.dims.assign(dims, dims + rank);
  const Guard guard(Global().lock);
  return static_cast<aclTensorDesc*>(
      Global().tensor_descriptions.Add(std::make_shared<TensorDescription>(std::move(description))));
}

aclError SetConstant(const aclTensorDesc* handle, const void* data, size_t length) {
  const Guard guard(Global().lock);
  const std::shared_ptr<TensorDescription> description = Find(handle);
  if (description == nullptr || data == nullptr || length == 0)
    return Fail(kInvalidParameter, "EH0001: the tensor description or its constant is invalid");
  if (Global().memory.IsDeviceAddress(data)) return Misuse(kInvalidParameter, "aclSetTensorConst: needs host memory");
  description->constant.emplace(static_cast<const char*>(data), length);
  return 0;
}

aclError Dimension(const aclTensorDesc* handle, size_t index, int64_t* size) {
  const std::optional<TensorDescription> description = FindTensorDescription(handle);
  if (!description || size == nullptr || index >= description->dims.size())
    return Fail(kInvalidParameter, "EH0001: the tensor description or the index is invalid");
  *size = description->dims[index];
  return 0;
}

size_t ElementCount(const std::optional<TensorDescription>& description) {
  return description ? TensorSize(2, description->dims) : 0;
}

size_t ByteCount(const std::optional<TensorDescription>& description) {
  return description ? TensorSize(description->data_type, description->dims) : 0;
}

}  // namespace

std::optional<TensorDescription> FindTensorDescription(const aclTensorDesc* handle) {
  const Guard guard(Global().lock);
  const std::shared_ptr<TensorDescription> description = Find(handle);
  return description != nullptr ? std::optional(*description) : std::nullopt;
}

}  // namespace ascend_emulator

using namespace ascend_emulator;  // NOLINT: the functions of AscendCL below are not in a namespace

extern "C" {

size_t aclDataTypeSize(aclDataType type) {
  return Call(
      "aclDataTypeSize", [&] { return ElementSize(Number(type)); }, type);
}

aclTensorDesc* aclCreateTensorDesc(aclDataType type, int rank, const int64_t* dims, aclFormat format) {
  return Call(
      "aclCreateTensorDesc", [&] { return Create(Number(type), rank, dims, Number(format)); }, type, rank, dims,
      format);
}

void aclDestroyTensorDesc(const aclTensorDesc* description) {
  const auto destroy = [&]() -> aclError {
    const Guard guard(Global().lock);
    if (Find(description) != nullptr) Global().tensor_descriptions.Remove(description);
    return 0;
  };
  Release("aclDestroyTensorDesc", destroy, description);
}

aclDataType aclGetTensorDescType(const aclTensorDesc* description) {
  const auto type = [&] {
    return static_cast<aclDataType>(FindTensorDescription(description).value_or(TensorDescription()).data_type);
  };
  return Call("aclGetTensorDescType", type, description);
}

aclFormat aclGetTensorDescFormat(const aclTensorDesc* description) {
  const auto format = [&] {
    return static_cast<aclFormat>(FindTensorDescription(description).value_or(TensorDescription()).format);
  };
  return Call("aclGetTensorDescFormat", format, description);
}

size_t aclGetTensorDescSize(const aclTensorDesc* description) {
  return Call(
      "aclGetTensorDescSize", [&] { return ByteCount(FindTensorDescription(description)); }, description);
}

size_t aclGetTensorDescElementCount(const aclTensorDesc* description) {
  return Call(
      "aclGetTensorDescElementCount", [&] { return ElementCount(FindTensorDescription(description)); }, description);
}

size_t aclGetTensorDescNumDims(const aclTensorDesc* description) {
  const auto rank = [&] { return FindTensorDescription(description).value_or(TensorDescription()).dims.size(); };
  return Call("aclGetTensorDescNumDims", rank, description);
}

aclError aclGetTensorDescDimV2(const aclTensorDesc* description, size_t index, int64_t* size) {
  return Call(
      "aclGetTensorDescDimV2", [&] { return Dimension(description, index, size); }, description, index, size);
}

aclError aclSetTensorConst(aclTensorDesc* description, void* data, size_t length) {
  return Call(
      "aclSetTensorConst", [&] { return SetConstant(description, data, length); }, description, data, length);
}

}  // extern "C"
