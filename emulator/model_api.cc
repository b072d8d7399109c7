#include <cstring>
#include <filesystem>

#include "api.h"
#include "call.h"
#include "codes.h"
#include "loaded_model.h"

namespace ascend_emulator {
namespace {

// Before any file is read: 145001 before aclInit, 107002 without a context.
aclError CheckReady() {
  const Guard guard(Global().lock);
  if (Global().initialized == 0) return Fail(kExecutorNotInitialized, "E19999: aclInit has not been called");
  return CurrentContext() != nullptr ? 0 : NoContext();
}

aclError Load(const char* path, uint32_t* id, const ModelMemory& memory) {
  if (path == nullptr || id == nullptr) return Fail(kInvalidParameter, "EH0001: a null pointer");
  aclError error = CheckReady();
  if (error != 0) return error;
  std::optional<CompiledModel> model = ReadModelFile(path, error);
  const std::string folder = std::filesystem::path(path).parent_path();
  return model ? LoadModel(*std::move(model), folder, memory, *id) : error;
}

aclError LoadBytes(const void* bytes, size_t size, uint32_t* id, const ModelMemory& memory) {
  if (bytes == nullptr || size == 0 || id == nullptr)
    return Fail(kInvalidParameter, "EH0001: a null pointer or size 0");
  aclError error = CheckReady();
  if (error != 0) return error;
  std::optional<CompiledModel> model = ReadModel({static_cast<const char*>(bytes), size}, error);
  return model ? LoadModel(*std::move(model), "", memory, *id) : error;
}

aclError Sizes(const std::optional<CompiledModel>& model, aclError error, size_t& work_size, size_t& weight_size) {
  if (!model) return error;
  work_size = WorkSize(*model);
  weight_size = WeightSize(*model);
  return 0;
}

aclError QuerySize(const char* path, size_t* work_size, size_t* weight_size) {
  if (path == nullptr || work_size == nullptr || weight_size == nullptr)
    return Fail(kInvalidParameter, "EH0001: a null pointer");
  aclError error = 0;
  const std::optional<CompiledModel> model = ReadModelFile(path, error);
  return Sizes(model, error, *work_size, *weight_size);
}

aclError QuerySizeOfBytes(const void* bytes, size_t size, size_t* work_size, size_t* weight_size) {
  if (bytes == nullptr || size == 0 || work_size == nullptr || weight_size == nullptr)
    return Fail(kInvalidParameter, "EH0001: a null pointer or size 0");
  aclError error = 0;
  const std::optional<CompiledModel> model = ReadModel({static_cast<const char*>(bytes), size}, error);
  return Sizes(model, error, *work_size, *weight_size);
}

std::shared_ptr<ModelConfig> FindConfig(const aclmdlConfigHandle* handle) {
  std::shared_ptr<ModelConfig> config = Global().model_configs.Find(handle);
  if (config == nullptr)
    Misuse(kInvalidParameter, fmt::format("config {}: {}", static_cast<const void*>(handle), ExplainUnknown(handle)));
  return config;
}

aclError SetOption(aclmdlConfigHandle* handle, int attribute, const void* value, size_t size) {
  const Guard guard(Global().lock);
  const std::shared_ptr<ModelConfig> config = FindConfig(handle);
  if (config == nullptr || value == nullptr || size != sizeof(void*))
    return Fail(kInvalidParameter, "EH0001: a config's option is invalid");
  if (attribute == ACL_MDL_LOAD_TYPE_SIZET) std::memcpy(&config->load_type, value, size);
  if (attribute == ACL_MDL_PATH_PTR) {
    const char* path = nullptr;
    std::memcpy(&path, value, size);
    config->path = path != nullptr ? path : "";
  }
  const bool known = attribute == ACL_MDL_LOAD_TYPE_SIZET || attribute == ACL_MDL_PATH_PTR;
  return known ? 0 : Fail(kInvalidParameter, fmt::format("EH0001: the emulator does not know option {}", attribute));
}

aclError SetWeights(aclmdlConfigHandle* handle, const char* name, void* memory, size_t size) {
  const Guard guard(Global().lock);
  const std::shared_ptr<ModelConfig> config = FindConfig(handle);
  if (config == nullptr || name == nullptr || memory == nullptr)
    return Fail(kInvalidParameter, "EH0001: a null pointer");
  config->files[name] = {memory, size};
  return 0;
}

aclError LoadConfigured(const aclmdlConfigHandle* handle, uint32_t* id) {
  std::shared_ptr<ModelConfig> config;
  {
    const Guard guard(Global().lock);
    config = FindConfig(handle);
  }
  constexpr size_t kFromFile = 1;
  if (config == nullptr || config->load_type != kFromFile)
    return Fail(kInvalidParameter, "EH0001: the config does not say how to load; the emulator loads from files");
  ModelMemory memory;
  memory.files = config->files;
  return Load(config->path.c_str(), id, memory);
}

}  // namespace
}  // namespace ascend_emulator

using namespace ascend_emulator;  // NOLINT: the functions of AscendCL below are not in a namespace

extern "C" {

aclError aclmdlQuerySize(const char* path, size_t* work_size, size_t* weight_size) {
  return Call(
      "aclmdlQuerySize", [&] { return QuerySize(path, work_size, weight_size); }, path);
}

aclError aclmdlQuerySizeFromMem(const void* model, size_t size, size_t* work_size, size_t* weight_size) {
  return Call(
      "aclmdlQuerySizeFromMem", [&] { return QuerySizeOfBytes(model, size, work_size, weight_size); }, model, size);
}

aclError aclmdlLoadFromFile(const char* path, uint32_t* id) {
  return Call(
      "aclmdlLoadFromFile", [&] { return Load(path, id, {}); }, path, id);
}

aclError aclmdlLoadFromMem(const void* model, size_t size, uint32_t* id) {
  return Call(
      "aclmdlLoadFromMem", [&] { return LoadBytes(model, size, id, {}); }, model, size, id);
}

aclError aclmdlLoadFromFileWithMem(const char* path, uint32_t* id, void* work, size_t work_size, void* weight,
                                   size_t weight_size) {
  const auto load = [&] { return Load(path, id, {{work, work_size}, {weight, weight_size}}); };
  return Call("aclmdlLoadFromFileWithMem", load, path, id, work, work_size, weight, weight_size);
}

aclError aclmdlLoadFromMemWithMem(const void* model, size_t size, uint32_t* id, void* work, size_t work_size,
                                  void* weight, size_t weight_size) {
  const auto load = [&] { return LoadBytes(model, size, id, {{work, work_size}, {weight, weight_size}}); };
  return Call("aclmdlLoadFromMemWithMem", load, model, size, id, work, work_size, weight, weight_size);
}

aclmdlConfigHandle* aclmdlCreateConfigHandle() {
  return Call("aclmdlCreateConfigHandle", [] {
    const Guard guard(Global().lock);
    return static_cast<aclmdlConfigHandle*>(Global().model_configs.Add(std::make_shared<ModelConfig>()));
  });
}

aclError aclmdlDestroyConfigHandle(aclmdlConfigHandle* config) {
  const auto destroy = [&] {
    const Guard guard(Global().lock);
    if (FindConfig(config) == nullptr) return kInvalidParameter;
    Global().model_configs.Remove(config);
    return aclError{0};
  };
  return Release("aclmdlDestroyConfigHandle", destroy, config);
}

aclError aclmdlSetConfigOpt(aclmdlConfigHandle* config, aclmdlConfigAttr attribute, const void* value, size_t size) {
  const auto set = [&] { return SetOption(config, Number(attribute), value, size); };
  return Call("aclmdlSetConfigOpt", set, config, attribute, size);
}

aclError aclmdlSetExternalWeightAddress(aclmdlConfigHandle* config, const char* name, void* memory, size_t size) {
  const auto set = [&] { return SetWeights(config, name, memory, size); };
  return Call("aclmdlSetExternalWeightAddress", set, config, name, memory, size);
}

aclError aclmdlLoadWithConfig(const aclmdlConfigHandle* config, uint32_t* id) {
  return Call(
      "aclmdlLoadWithConfig", [&] { return LoadConfigured(config, id); }, config, id);
}

aclError aclmdlUnload(uint32_t id) {
  return Release(
      "aclmdlUnload", [&] { return UnloadModel(id); }, id);
}

}  // extern "C"
