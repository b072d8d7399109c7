// All that the emulated runtime knows: one state, one lock.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

#include "config.h"
#include "handles.h"
#include "memory.h"
#include "runtime.h"

namespace ascend_emulator {

struct Stream;        // stream.h
struct Event;         // event.h
struct Dataset;       // dataset.h
struct Model;         // loaded_model.h
struct ModelOutline;  // loaded_model.h
struct ModelConfig;   // loaded_model.h

struct Context {
  void* handle = nullptr;
  int32_t device = 0;
  bool is_default = false;  // made by aclrtSetDevice: one for each device, for all threads
  uint64_t references = 0;  // aclrtSetDevice without aclrtResetDevice
  std::shared_ptr<Stream> default_stream;
};

struct State {
  std::mutex lock;
  std::condition_variable changed;  // a stream has got on, or shall

  Config config = ReadConfig();  // read again when the first aclInit comes
  uint64_t initialized = 0;      // aclInit without aclFinalizeReference
  bool finalized = false;        // there was an aclFinalize

  Memory memory;
  HandleTable<Context> contexts;
  HandleTable<Stream> streams;
  HandleTable<Event> events;
  std::map<uint32_t, std::shared_ptr<Model>> models;
  HandleTable<ModelOutline> model_descriptions;
  HandleTable<ModelConfig> model_configs;
  HandleTable<Dataset> datasets;
  HandleTable<DataBuffer> data_buffers;
  HandleTable<TensorDescription> tensor_descriptions;
};

// Never destroyed: streams' threads and clients may outlive the static objects.
State& Global();

using Guard = std::unique_lock<std::mutex>;

// With the lock held. The calling thread's current context; nullptr if it has none or it is destroyed.
std::shared_ptr<Context> CurrentContext();
void SetCurrent(const std::shared_ptr<Context>& context);
std::shared_ptr<Context> DefaultContext(int32_t device);

// 107002 and a text that says why.
aclError NoContext();

// "EMULATOR: leak 2 streams" into the log for each kind of what is alive. `when`: "aclFinalize".
void ReportLeaks(const State& state, const std::string& when);

}  // namespace ascend_emulator
