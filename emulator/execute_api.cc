// Executions of models: at once or in a stream.
#include <algorithm>
#include <cstring>

#include "api.h"
#include "call.h"
#include "codes.h"
#include "dataset.h"
#include "loaded_model.h"
#include "stream.h"

namespace ascend_emulator {
namespace {

// Bytes by which a buffer may be too small: docs/ascend-facts.md, "AscendCL: models".
constexpr size_t kAllowance = 64;

aclError BadArgument(const std::string& text) { return Fail(kInvalidParameter, "EH0001: " + text); }

// One execution, checked and ready to run. With the lock held.
struct Execution {
  std::shared_ptr<Model> model;
  uint64_t batch = 0;  // 0 for a model without gears
  std::unique_ptr<Stream::Work> work = std::make_unique<Stream::Work>();
};

// Buffers of a dataset against the tensors. Without gears the library checks the sizes; with gears it does not, and the
// device would run over the end.
aclError CheckBuffers(const Dataset& dataset, const std::vector<TensorInfo>& tensors, const Execution& execution,
                      std::vector<MemoryRange>& ranges) {
  if (dataset.buffers.size() != tensors.size())
    return Fail(kModelParameterInvalid, fmt::format("E13025: Input or output number {} does not match the model's {}",
                                                    dataset.buffers.size(), tensors.size()));
  const std::vector<int64_t>& gears = execution.model->outline.gears;
  for (size_t i = 0; i < tensors.size(); ++i) {
    const std::shared_ptr<DataBuffer> buffer = FindBuffer(dataset.buffers[i]);
    if (buffer == nullptr || buffer->memory == nullptr) return BadArgument(tensors[i].name + " has no memory");
    const size_t needed = TensorBytes(tensors[i], gears, execution.batch);
    if (buffer->size + kAllowance < needed)
      return Fail(kModelParameterInvalid,
                  fmt::format("E13025: {}: {} bytes of buffer size plus the aligned 64 bytes is "
                              "less than the tensor size {}",
                              tensors[i].name, buffer->size, needed));
    if (!gears.empty() && buffer->size < needed)
      return Misuse(kModelParameterInvalid,
                    fmt::format("{}: {} bytes for a batch of {}", tensors[i].name, buffer->size, execution.batch));
    if (!Global().memory.IsDeviceAddress(buffer->memory))
      return Misuse(kModelParameterInvalid, tensors[i].name + " is not in device memory");
    ranges.push_back({buffer->memory, std::min(buffer->size, needed)});
  }
  return 0;
}

// A buffer without memory, (nullptr, 0), gets some in a synchronous execution: the client frees it.
aclError AllocateOutputs(const Dataset& dataset, const Execution& execution) {
  const ModelOutline& outline = execution.model->outline;
  State& state = Global();
  for (size_t i = 0; i < std::min(dataset.buffers.size(), outline.outputs.size()); ++i) {
    const std::shared_ptr<DataBuffer> buffer = FindBuffer(dataset.buffers[i]);
    if (buffer == nullptr || buffer->memory != nullptr || buffer->size != 0) continue;
    const size_t size = TensorBytes(outline.outputs[i], outline.gears, execution.batch);
    void* memory = state.memory.AllocateDevice(execution.model->device, size, state.config.memory_bytes);
    if (memory == nullptr) return Fail(kModelOutOfMemory, "E13027: failed to allocate an output");
    *buffer = {memory, size};
  }
  return 0;
}

// Runs the model as the device does. `inputs` may be up to 64 bytes short: it then reads whatever lies there.
TaskError Execute(const Model& model, uint64_t batch, const Task::Reads& inputs, const Task::Writes& outputs) {
  std::vector<std::string> padded;
  padded.reserve(inputs.size());
  std::vector<std::string_view> views;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const size_t needed = TensorBytes(model.outline.inputs[i], model.outline.gears, batch);
    const std::string_view bytes(reinterpret_cast<const char*>(inputs[i].data()), inputs[i].size());
    if (bytes.size() >= needed) {
      views.push_back(bytes);
    } else {
      views.push_back(padded.emplace_back(bytes).append(needed - bytes.size(), static_cast<char>(kUninitialized)));
    }
    if (batch == 0 || model.outline.inputs[i].name != kGearInput) continue;
    uint32_t there = 0;
    std::memcpy(&there, bytes.data(), std::min(bytes.size(), sizeof there));
    if (there != batch) return {kNotAGear, fmt::format("E19999: the gear input says {}, not {}", there, batch)};
  }
  if (Global().config.time_only) {
    for (const auto& output : outputs) std::memset(output.data(), 0, output.size());
    return {};
  }
  std::vector<std::string> results;
  if (const std::string error = model.program->Run(static_cast<int64_t>(batch), views, results); !error.empty())
    return {kModelExecuteFailed, "EZ9999: the model's execution failed: " + error};
  for (size_t i = 0; i < outputs.size(); ++i)
    std::memcpy(outputs[i].data(), results[i].data(), std::min(outputs[i].size(), results[i].size()));
  return {};
}

// Two threads, or two streams, that use one model at once get each other's memory.
// See docs/ascend-facts.md, "AscendCL: models".
aclError CheckUnused(Model& model, uint32_t id, const Stream* stream) {
  if (model.unfinished != 0 && (model.thread != std::this_thread::get_id() || model.stream != stream))
    return Misuse(kGraphEngineFailure, fmt::format("model {} is executed by two threads or streams at once", id));
  model.thread = std::this_thread::get_id();
  model.stream = stream;
  ++model.unfinished;
  return 0;
}

aclError CheckModel(uint32_t id, const Dataset* inputs, const Dataset* outputs, Execution& execution) {
  if (inputs == nullptr || outputs == nullptr) return BadArgument("a dataset is invalid");
  aclError error = 0;
  execution.model = FindModel(id, error);
  if (error != 0 || execution.model->outline.gears.empty()) return error;
  execution.batch = inputs->batch;
  if (execution.batch != 0) return 0;
  return Fail(kModelParameterInvalid, "E19999: aclmdlSetDynamicBatchSize has not been called for these inputs");
}

aclError PrepareWork(const Dataset& inputs, const Dataset& outputs, Execution& execution) {
  const ModelOutline& outline = execution.model->outline;
  Task task{"execution of a model", {}, {}, {}};
  if (const aclError error = CheckBuffers(inputs, outline.inputs, execution, task.reads); error != 0) return error;
  if (const aclError error = CheckBuffers(outputs, outline.outputs, execution, task.writes); error != 0) return error;
  task.run = [model = execution.model, batch = execution.batch](const Task::Reads& reads, const Task::Writes& writes) {
    return Execute(*model, batch, reads, writes);
  };
  return Prepare(task, *execution.work);
}

aclError ExecuteNow(uint32_t id, const aclmdlDataset* inputs_handle, const aclmdlDataset* outputs_handle) {
  Guard guard(Global().lock);
  const std::shared_ptr<Dataset> inputs = FindDataset(inputs_handle), outputs = FindDataset(outputs_handle);
  Execution execution;
  if (const aclError error = CheckModel(id, inputs.get(), outputs.get(), execution); error != 0) return error;
  if (const aclError error = AllocateOutputs(*outputs, execution); error != 0) return error;
  if (const aclError error = PrepareWork(*inputs, *outputs, execution); error != 0) return error;
  if (const aclError error = CheckUnused(*execution.model, id, nullptr); error != 0) return error;
  CheckPending(*execution.work);
  guard.unlock();
  const TaskError error = RunWork(*execution.work);
  guard.lock();
  --execution.model->unfinished;
  return error.code == 0 ? 0 : Fail(error.code, error.text);
}

aclError ExecuteInStream(uint32_t id, const aclmdlDataset* inputs_handle, const aclmdlDataset* outputs_handle,
                         aclrtStream stream_handle) {
  const Guard guard(Global().lock);
  const std::shared_ptr<Dataset> inputs = FindDataset(inputs_handle), outputs = FindDataset(outputs_handle);
  Execution execution;
  if (const aclError error = CheckModel(id, inputs.get(), outputs.get(), execution); error != 0) return error;
  aclError error = 0;
  const std::shared_ptr<Stream> stream = FindStream(stream_handle, false, error);
  if (stream == nullptr) return error;
  if (error = PrepareWork(*inputs, *outputs, execution); error != 0) return error;
  if (error = CheckUnused(*execution.model, id, stream.get()); error != 0) return error;
  execution.work->model = id;
  execution.work->done = [model = execution.model](const TaskError&) { --model->unfinished; };
  Append(*stream, std::move(execution.work));
  return 0;
}

// The batch is known to the dataset and lies in the memory of its gear input, 8 bytes or 4.
aclError SetBatch(uint32_t id, const aclmdlDataset* handle, size_t index, uint64_t batch) {
  const Guard guard(Global().lock);
  const std::shared_ptr<Dataset> dataset = FindDataset(handle);
  if (dataset == nullptr || batch == 0) return BadArgument("the dataset or the batch is invalid");
  const std::shared_ptr<DataBuffer> buffer =
      index < dataset->buffers.size() ? FindBuffer(dataset->buffers[index]) : nullptr;
  if (buffer == nullptr || buffer->memory == nullptr) return BadArgument("there is no memory for the batch");
  aclError error = 0;
  const std::shared_ptr<Model> model = FindModel(id, error);
  if (model == nullptr) return error;
  const ModelOutline& outline = model->outline;
  if (outline.gears.empty()) return Fail(kModelNotDynamic, "EH0001: the model has one batch size");
  if (index >= outline.inputs.size() || outline.inputs[index].name != kGearInput)
    return BadArgument(fmt::format("input {} does not take the batch", index));
  if (buffer->size < 4) return Fail(kGearBufferTooSmall, "E19999: the memory for the batch is smaller than 4 bytes");
  if (std::find(outline.gears.begin(), outline.gears.end(), static_cast<int64_t>(batch)) == outline.gears.end())
    return Fail(kNotAGear, fmt::format("E19999: {} is none of the model's batch sizes", batch));
  const size_t size = buffer->size < 8 ? 4 : 8;
  Stream::Work work;
  error = Prepare({"aclmdlSetDynamicBatchSize", {}, {{buffer->memory, size}}, {}}, work);
  if (error != 0) return error;
  CheckPending(work);
  std::memcpy(work.writes[0].bytes.data(), &batch, size);
  dataset->batch = model->batch = batch;
  return 0;
}

}  // namespace
}  // namespace ascend_emulator

using namespace ascend_emulator;  // NOLINT: the functions of AscendCL below are not in a namespace

extern "C" {

aclError aclmdlSetDynamicBatchSize(uint32_t id, aclmdlDataset* dataset, size_t index, uint64_t batch) {
  return Call(
      "aclmdlSetDynamicBatchSize", [&] { return SetBatch(id, dataset, index, batch); }, id, dataset, index, batch);
}

aclError aclmdlExecute(uint32_t id, const aclmdlDataset* inputs, aclmdlDataset* outputs) {
  return Call(
      "aclmdlExecute", [&] { return ExecuteNow(id, inputs, outputs); }, id, inputs, outputs);
}

aclError aclmdlExecuteAsync(uint32_t id, const aclmdlDataset* inputs, aclmdlDataset* outputs, aclrtStream stream) {
  return Call(
      "aclmdlExecuteAsync", [&] { return ExecuteInStream(id, inputs, outputs, stream); }, id, inputs, outputs, stream);
}

}  // extern "C"
