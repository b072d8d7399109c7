#include "loaded_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "codes.h"
#include "onnx_reader.h"

namespace ascend_emulator {
namespace {

// The context's reservation, or memory that the client gave.
aclError AssignMemory(const ModelMemory& memory, size_t work_size, size_t weight_size, Model& model) {
  State& state = Global();
  const auto take = [&](const MemoryRange& given, size_t size, const char* what) -> aclError {
    if (given.address == nullptr) {
      model.reserved += size;
      return 0;
    }
    Resolved resolved;
    if (given.size < size)
      return Fail(kModelParameterInvalid, fmt::format("E13025: {} {} bytes, needs {}", what, given.size, size));
    if (!state.memory.Resolve(given.address, given.size, resolved) || resolved.place != Place::kDevice)
      return Misuse(kModelParameterInvalid, fmt::format("{} memory is not live device memory", what));
    model.borrowed.push_back(resolved.storage);
    return 0;
  };
  if (const aclError error = take(memory.work, work_size, "work"); error != 0) return error;
  if (const aclError error = take(memory.weight, weight_size, "weight"); error != 0) return error;
  if (state.memory.Reserve(model.device, model.reserved, state.config.memory_bytes)) return 0;
  return Fail(kModelOutOfMemory, fmt::format("E13027: failed to allocate {} bytes for the model", model.reserved));
}

void Remove(std::map<uint32_t, std::shared_ptr<Model>>::iterator model) {
  Global().memory.Unreserve(model->second->device, model->second->reserved);
  Global().models.erase(model);
}

}  // namespace

size_t TensorBytes(const TensorInfo& tensor, const std::vector<int64_t>& gears, uint64_t batch) {
  std::vector<int64_t> dims = tensor.dims;
  if (!dims.empty() && dims[0] < 0 && !gears.empty())
    dims[0] = batch != 0 ? static_cast<int64_t>(batch) : *std::max_element(gears.begin(), gears.end());
  return TensorSize(tensor.data_type, dims);
}

// A figure of a plausible size: the real one depends on how the graph was compiled.
size_t WorkSize(const CompiledModel& model) {
  size_t size = size_t{1} << 20;
  for (const TensorInfo& tensor : model.inputs) size += 8 * TensorBytes(tensor, model.gears, 0);
  for (const TensorInfo& tensor : model.outputs) size += 8 * TensorBytes(tensor, model.gears, 0);
  return size;
}

size_t WeightSize(const CompiledModel& model) { return model.onnx.size(); }

std::optional<CompiledModel> ReadModel(std::string_view bytes, aclError& error) {
  std::string reason;
  std::optional<CompiledModel> model = ReadOm(bytes, reason);
  if (!model) {
    error = Fail(reason.starts_with("truncated") ? kModelSizeInvalid : kGraphEngineFailure, "E19999: " + reason);
    return std::nullopt;
  }
  if (const std::string soc = SocName(); model->soc_version != soc) {
    error = Fail(kGraphEngineFailure,
                 fmt::format("E10001: Value [{}] for parameter [soc_version] is invalid. Reason: the model's soc "
                             "version is not supported by this device, which is {}",
                             model->soc_version, soc));
    return std::nullopt;
  }
  return model;
}

std::optional<CompiledModel> ReadModelFile(const char* path, aclError& error) {
  std::ifstream file;
  if (path != nullptr && std::filesystem::is_regular_file(path)) file.open(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  if (!bytes.empty()) return ReadModel(bytes, error);
  error =
      Fail(kModelPathInvalid, fmt::format("E13000: cannot read the model file {}", path != nullptr ? path : "nullptr"));
  return std::nullopt;
}

namespace {

// The client's memory that a model reads its weights from.
aclError ReadGiven(const std::string& name, const MemoryRange& given, uint64_t size, Model& model, std::string& data) {
  const Guard guard(Global().lock);
  Resolved resolved;
  if (given.size < size || given.size % 32 != 0)
    return Fail(kModelParameterInvalid, fmt::format("E13025: {}: {} bytes given, {} needed", name, given.size, size));
  if (!Global().memory.Resolve(given.address, given.size, resolved) || resolved.place != Place::kDevice)
    return Misuse(kModelParameterInvalid, name + ": the memory for its weights is not live device memory");
  model.borrowed.push_back(resolved.storage);
  data.assign(reinterpret_cast<const char*>(resolved.bytes.data()), size);
  return 0;
}

// Weights in files of their own come from the client's memory, or from the files into memory of the runtime's.
aclError FetchWeights(CompiledModel& compiled, const std::string& folder, const ModelMemory& memory, Model& model) {
  std::map<std::string, std::string> files;
  for (const auto& [name, size] : ExternalFiles(compiled.onnx)) {
    if (const auto given = memory.files.find(name); given != memory.files.end()) {
      if (const aclError error = ReadGiven(name, given->second, size, model, files[name]); error != 0) return error;
      continue;
    }
    std::ifstream file(std::filesystem::path(folder) / "weight" / name, std::ios::binary);
    files[name].assign(std::istreambuf_iterator<char>(file), {});
    if (files[name].size() < size) return Fail(kLoadFailed, fmt::format("E19999: the weights {} cannot be read", name));
    const Guard guard(Global().lock);
    if (!Global().memory.Reserve(model.device, size, Global().config.memory_bytes))
      return Fail(kModelOutOfMemory, fmt::format("E13027: failed to allocate {} bytes for weights", size));
    model.reserved += size;
  }
  if (files.empty()) return 0;
  std::string inlined;
  const std::string error = InlineFiles(compiled.onnx, files, inlined);
  if (!error.empty()) return Fail(kLoadFailed, "E19999: " + error);
  compiled.onnx = std::move(inlined);
  return 0;
}

}  // namespace

aclError LoadModel(CompiledModel compiled, const std::string& folder, const ModelMemory& memory, uint32_t& id) {
  State& state = Global();
  auto model = std::make_shared<Model>();
  {
    const Guard guard(state.lock);
    const std::shared_ptr<Context> context = CurrentContext();
    if (context == nullptr) return NoContext();
    model->context = context;
    model->device = context->device;
    const aclError error = AssignMemory(memory, WorkSize(compiled), WeightSize(compiled), *model);
    if (error != 0) return error;
  }
  if (const aclError error = FetchWeights(compiled, folder, memory, *model); error != 0) {
    const Guard guard(state.lock);
    state.memory.Unreserve(model->device, model->reserved);
    return error;
  }
  std::string reason;
  model->program = Program::Make(compiled, reason);
  const Guard guard(state.lock);
  if (model->program == nullptr) {
    state.memory.Unreserve(model->device, model->reserved);
    return Fail(kLoadFailed, "E19999: the model cannot be loaded: " + reason);
  }
  model->outline = {std::move(compiled.inputs), std::move(compiled.outputs), std::move(compiled.gears), model};
  static uint32_t last = 0;
  id = ++last;
  state.models.emplace(id, std::move(model));
  return 0;
}

std::shared_ptr<Model> FindModel(uint32_t id, aclError& error) {
  const auto found = Global().models.find(id);
  if (found == Global().models.end()) {
    error = Fail(kModelIdInvalid, fmt::format("E19999: there is no model {}", id));
    return nullptr;
  }
  const std::shared_ptr<Context> context = CurrentContext();
  if (context != nullptr && found->second->context.lock() == context) return found->second;
  error = context == nullptr ? NoContext() : Fail(kModelOfOtherContext, "EE1010: the model is of another context");
  return nullptr;
}

aclError UnloadModel(uint32_t id) {
  const Guard guard(Global().lock);
  aclError error = 0;
  const std::shared_ptr<Model> model = FindModel(id, error);
  if (model == nullptr) return error;
  if (model->unfinished != 0)
    return Misuse(kUnloadFailed, fmt::format("model {} is unloaded while it is executed", id));
  Remove(Global().models.find(id));
  return 0;
}

size_t UnloadAll(const std::shared_ptr<Context>& context) {
  auto& models = Global().models;
  size_t count = 0;
  for (auto model = models.begin(); model != models.end();) {
    const auto next = std::next(model);
    if (model->second->context.lock() == context) {
      Remove(model);
      ++count;
    }
    model = next;
  }
  return count;
}

std::string FindModelIn(const Storage& storage) {
  for (const auto& [id, model] : Global().models)
    for (const auto& borrowed : model->borrowed)
      if (borrowed.get() == &storage) return fmt::format("model {}", id);
  return "";
}

}  // namespace ascend_emulator
