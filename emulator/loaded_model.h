// Models on a device. With State::lock held unless said otherwise.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "model.h"
#include "state.h"

namespace ascend_emulator {

// The inputs and outputs of a model; an aclmdlDesc stands for one.
struct ModelOutline {
  std::vector<TensorInfo> inputs, outputs;
  std::vector<int64_t> gears;  // empty: one batch size
  std::weak_ptr<Model> model;  // absent if read from a file
};

struct Model {
  std::weak_ptr<Context> context;
  int32_t device = 0;
  ModelOutline outline;
  std::unique_ptr<Program> program;
  size_t reserved = 0;                             // bytes of the device that it takes
  std::vector<std::shared_ptr<Storage>> borrowed;  // the client's memory that it works in
  uint64_t batch = 0;                              // the last aclmdlSetDynamicBatchSize
  // Unfinished executions, and who asked for them: a model must not be used by two at once.
  // See docs/ascend-facts.md, "AscendCL: models".
  uint64_t unfinished = 0;
  std::thread::id thread;
  const Stream* stream = nullptr;
};

// Memory given by the client for a model; a null pointer where the runtime shall allocate.
struct ModelMemory {
  MemoryRange work, weight;
  std::map<std::string, MemoryRange> files = {};  // weights in files of their own, by their names
};

// How a model is to be loaded: an aclmdlConfigHandle stands for one.
struct ModelConfig {
  size_t load_type = 0;
  std::string path;
  std::map<std::string, MemoryRange> files;
};

// Without the lock. Reads an .om: `error` is 0, 145006, 500002 or 145002 (file missing).
std::optional<CompiledModel> ReadModel(std::string_view bytes, aclError& error);
std::optional<CompiledModel> ReadModelFile(const char* path, aclError& error);

// Without the lock.
// `folder`: of the model, with "weight" in it.
aclError LoadModel(CompiledModel compiled, const std::string& folder, const ModelMemory& memory, uint32_t& id);

// The model; nullptr and `error` 145003, or 107004 if it was loaded in another context.
std::shared_ptr<Model> FindModel(uint32_t id, aclError& error);
aclError UnloadModel(uint32_t id);
size_t UnloadAll(const std::shared_ptr<Context>& context);

// "model 3" if a loaded model works in this memory, otherwise "".
std::string FindModelIn(const Storage& storage);

// Bytes that a model needs beside its inputs and outputs.
size_t WorkSize(const CompiledModel& model);
size_t WeightSize(const CompiledModel& model);

// Bytes of a tensor with this batch; of the largest gear for batch 0.
size_t TensorBytes(const TensorInfo& tensor, const std::vector<int64_t>& gears, uint64_t batch);

}  // namespace ascend_emulator
