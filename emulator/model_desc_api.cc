// AscendCL's functions that describe a model's inputs and outputs.
#include <algorithm>
#include <cstring>

#include "api.h"
#include "call.h"
#include "codes.h"
#include "loaded_model.h"

namespace ascend_emulator {
namespace {

// Which of a model's two lists is asked for.
using Tensors = std::vector<TensorInfo> ModelOutline::*;
constexpr Tensors kInputs = &ModelOutline::inputs;
constexpr Tensors kOutputs = &ModelOutline::outputs;

aclError BadArgument() { return Fail(kInvalidParameter, "EH0001: the model description or the index is invalid"); }

// With the lock held; nullptr after a misuse.
std::shared_ptr<ModelOutline> Find(const aclmdlDesc* handle) {
  std::shared_ptr<ModelOutline> outline = Global().model_descriptions.Find(handle);
  if (outline == nullptr && handle != nullptr)
    Misuse(0, fmt::format("model description {}: {}", static_cast<const void*>(handle), ExplainUnknown(handle)));
  return outline;
}

const TensorInfo* FindTensor(const std::shared_ptr<ModelOutline>& outline, Tensors tensors, size_t index) {
  return outline != nullptr && index < ((*outline).*tensors).size() ? &((*outline).*tensors)[index] : nullptr;
}

aclmdlDesc* Create() {
  const Guard guard(Global().lock);
  return static_cast<aclmdlDesc*>(Global().model_descriptions.Add(std::make_shared<ModelOutline>()));
}

aclError Destroy(const aclmdlDesc* handle) {
  const Guard guard(Global().lock);
  if (Find(handle) == nullptr) return BadArgument();
  Global().model_descriptions.Remove(handle);
  return 0;
}

aclError Describe(const aclmdlDesc* handle, uint32_t id) {
  const Guard guard(Global().lock);
  const std::shared_ptr<ModelOutline> outline = Find(handle);
  if (outline == nullptr) return BadArgument();
  const auto model = Global().models.find(id);
  if (model == Global().models.end()) return Fail(kModelIdInvalid, fmt::format("E19999: there is no model {}", id));
  *outline = model->second->outline;
  return 0;
}

aclError DescribeRead(const aclmdlDesc* handle, std::optional<CompiledModel> model, aclError error) {
  if (!model) return error;
  const Guard guard(Global().lock);
  const std::shared_ptr<ModelOutline> outline = Find(handle);
  if (outline == nullptr) return BadArgument();
  *outline = {std::move(model->inputs), std::move(model->outputs), std::move(model->gears), {}};
  return 0;
}

aclError DescribeFile(const aclmdlDesc* handle, const char* path) {
  aclError error = 0;
  std::optional<CompiledModel> model = ReadModelFile(path, error);
  return DescribeRead(handle, std::move(model), error);
}

aclError DescribeBytes(const aclmdlDesc* handle, const void* bytes, size_t size) {
  if (bytes == nullptr) return BadArgument();
  aclError error = 0;
  std::optional<CompiledModel> model = ReadModel({static_cast<const char*>(bytes), size}, error);
  return DescribeRead(handle, std::move(model), error);
}

size_t Count(const aclmdlDesc* handle, Tensors tensors) {
  const Guard guard(Global().lock);
  const std::shared_ptr<ModelOutline> outline = Find(handle);
  return outline != nullptr ? ((*outline).*tensors).size() : 0;
}

// The size for the largest gear.
size_t Size(const aclmdlDesc* handle, Tensors tensors, size_t index) {
  const Guard guard(Global().lock);
  const std::shared_ptr<ModelOutline> outline = Find(handle);
  const TensorInfo* tensor = FindTensor(outline, tensors, index);
  return tensor != nullptr ? TensorBytes(*tensor, outline->gears, 0) : 0;
}

const char* NameOf(const aclmdlDesc* handle, Tensors tensors, size_t index) {
  const Guard guard(Global().lock);
  const TensorInfo* tensor = FindTensor(Find(handle), tensors, index);
  return tensor != nullptr ? tensor->name.c_str() : "";
}

int DataType(const aclmdlDesc* handle, Tensors tensors, size_t index) {
  const Guard guard(Global().lock);
  const TensorInfo* tensor = FindTensor(Find(handle), tensors, index);
  return tensor != nullptr ? tensor->data_type : -1;
}

int Format(const aclmdlDesc* handle, Tensors tensors, size_t index) {
  const Guard guard(Global().lock);
  const TensorInfo* tensor = FindTensor(Find(handle), tensors, index);
  return tensor != nullptr ? tensor->format : -1;
}

void SetDims(const TensorInfo& tensor, aclmdlIODims& dims) {
  std::memset(&dims, 0, sizeof dims);
  std::memcpy(dims.name, tensor.name.data(), std::min(tensor.name.size(), sizeof dims.name - 1));
  dims.dimCount = std::min<size_t>(tensor.dims.size(), ACL_MAX_DIM_CNT);
  std::copy_n(tensor.dims.begin(), dims.dimCount, dims.dims);
}

// -1 for the batch of a model with gears.
aclError Dims(const aclmdlDesc* handle, Tensors tensors, size_t index, aclmdlIODims* dims) {
  const Guard guard(Global().lock);
  const TensorInfo* tensor = FindTensor(Find(handle), tensors, index);
  if (tensor == nullptr || dims == nullptr) return BadArgument();
  SetDims(*tensor, *dims);
  return 0;
}

// With the batch that was set last.
aclError CurrentDims(const aclmdlDesc* handle, size_t index, aclmdlIODims* dims) {
  const Guard guard(Global().lock);
  const std::shared_ptr<ModelOutline> outline = Find(handle);
  const TensorInfo* tensor = FindTensor(outline, kOutputs, index);
  if (tensor == nullptr || dims == nullptr) return BadArgument();
  SetDims(*tensor, *dims);
  if (outline->gears.empty() || dims->dimCount == 0) return 0;
  const std::shared_ptr<Model> model = outline->model.lock();
  if (model == nullptr || model->batch == 0) return Fail(kModelParameterInvalid, "E19999: no batch size has been set");
  dims->dims[0] = static_cast<int64_t>(model->batch);
  return 0;
}

aclError IndexOf(const aclmdlDesc* handle, Tensors tensors, const char* name, size_t* index) {
  if (name == nullptr || index == nullptr) return BadArgument();
  const Guard guard(Global().lock);
  const std::shared_ptr<ModelOutline> outline = Find(handle);
  if (outline == nullptr) return BadArgument();
  const std::vector<TensorInfo>& list = (*outline).*tensors;
  const auto found =
      std::find_if(list.begin(), list.end(), [&](const TensorInfo& tensor) { return tensor.name == name; });
  if (found == list.end()) return Fail(kInvalidParameter, fmt::format("EH0001: the model has no tensor {}", name));
  *index = static_cast<size_t>(found - list.begin());
  return 0;
}

aclError Gears(const aclmdlDesc* handle, aclmdlBatch* batch) {
  const Guard guard(Global().lock);
  const std::shared_ptr<ModelOutline> outline = Find(handle);
  if (outline == nullptr || batch == nullptr) return BadArgument();
  std::memset(batch, 0, sizeof *batch);
  batch->batchCount = std::min<size_t>(outline->gears.size(), ACL_MAX_BATCH_NUM);
  std::copy_n(outline->gears.begin(), batch->batchCount, batch->batch);
  return 0;
}

}  // namespace
}  // namespace ascend_emulator

using namespace ascend_emulator;  // NOLINT: the functions of AscendCL below are not in a namespace

extern "C" {

aclmdlDesc* aclmdlCreateDesc() {
  return Call("aclmdlCreateDesc", [] { return Create(); });
}

aclError aclmdlDestroyDesc(aclmdlDesc* description) {
  return Release(
      "aclmdlDestroyDesc", [&] { return Destroy(description); }, description);
}

aclError aclmdlGetDesc(aclmdlDesc* description, uint32_t id) {
  return Call(
      "aclmdlGetDesc", [&] { return Describe(description, id); }, description, id);
}

aclError aclmdlGetDescFromFile(aclmdlDesc* description, const char* path) {
  return Call(
      "aclmdlGetDescFromFile", [&] { return DescribeFile(description, path); }, description, path);
}

aclError aclmdlGetDescFromMem(aclmdlDesc* description, const void* model, size_t size) {
  return Call(
      "aclmdlGetDescFromMem", [&] { return DescribeBytes(description, model, size); }, description, model, size);
}

size_t aclmdlGetNumInputs(aclmdlDesc* description) {
  return Call(
      "aclmdlGetNumInputs", [&] { return Count(description, kInputs); }, description);
}

size_t aclmdlGetNumOutputs(aclmdlDesc* description) {
  return Call(
      "aclmdlGetNumOutputs", [&] { return Count(description, kOutputs); }, description);
}

size_t aclmdlGetInputSizeByIndex(aclmdlDesc* description, size_t index) {
  return Call(
      "aclmdlGetInputSizeByIndex", [&] { return Size(description, kInputs, index); }, description, index);
}

size_t aclmdlGetOutputSizeByIndex(aclmdlDesc* description, size_t index) {
  return Call(
      "aclmdlGetOutputSizeByIndex", [&] { return Size(description, kOutputs, index); }, description, index);
}

aclError aclmdlGetInputDims(const aclmdlDesc* description, size_t index, aclmdlIODims* dims) {
  return Call(
      "aclmdlGetInputDims", [&] { return Dims(description, kInputs, index, dims); }, description, index, dims);
}

aclError aclmdlGetInputDimsV2(const aclmdlDesc* description, size_t index, aclmdlIODims* dims) {
  return Call(
      "aclmdlGetInputDimsV2", [&] { return Dims(description, kInputs, index, dims); }, description, index, dims);
}

aclError aclmdlGetOutputDims(const aclmdlDesc* description, size_t index, aclmdlIODims* dims) {
  return Call(
      "aclmdlGetOutputDims", [&] { return Dims(description, kOutputs, index, dims); }, description, index, dims);
}

aclError aclmdlGetCurOutputDims(const aclmdlDesc* description, size_t index, aclmdlIODims* dims) {
  return Call(
      "aclmdlGetCurOutputDims", [&] { return CurrentDims(description, index, dims); }, description, index, dims);
}

const char* aclmdlGetInputNameByIndex(const aclmdlDesc* description, size_t index) {
  return Call(
      "aclmdlGetInputNameByIndex", [&] { return NameOf(description, kInputs, index); }, description, index);
}

const char* aclmdlGetOutputNameByIndex(const aclmdlDesc* description, size_t index) {
  return Call(
      "aclmdlGetOutputNameByIndex", [&] { return NameOf(description, kOutputs, index); }, description, index);
}

aclError aclmdlGetInputIndexByName(const aclmdlDesc* description, const char* name, size_t* index) {
  return Call(
      "aclmdlGetInputIndexByName", [&] { return IndexOf(description, kInputs, name, index); }, description, name,
      index);
}

aclError aclmdlGetOutputIndexByName(const aclmdlDesc* description, const char* name, size_t* index) {
  return Call(
      "aclmdlGetOutputIndexByName", [&] { return IndexOf(description, kOutputs, name, index); }, description, name,
      index);
}

aclFormat aclmdlGetInputFormat(const aclmdlDesc* description, size_t index) {
  const auto format = [&] { return static_cast<aclFormat>(Format(description, kInputs, index)); };
  return Call("aclmdlGetInputFormat", format, description, index);
}

aclFormat aclmdlGetOutputFormat(const aclmdlDesc* description, size_t index) {
  const auto format = [&] { return static_cast<aclFormat>(Format(description, kOutputs, index)); };
  return Call("aclmdlGetOutputFormat", format, description, index);
}

aclDataType aclmdlGetInputDataType(const aclmdlDesc* description, size_t index) {
  const auto type = [&] { return static_cast<aclDataType>(DataType(description, kInputs, index)); };
  return Call("aclmdlGetInputDataType", type, description, index);
}

aclDataType aclmdlGetOutputDataType(const aclmdlDesc* description, size_t index) {
  const auto type = [&] { return static_cast<aclDataType>(DataType(description, kOutputs, index)); };
  return Call("aclmdlGetOutputDataType", type, description, index);
}

aclError aclmdlGetDynamicBatch(const aclmdlDesc* description, aclmdlBatch* batch) {
  return Call(
      "aclmdlGetDynamicBatch", [&] { return Gears(description, batch); }, description, batch);
}

}  // extern "C"
