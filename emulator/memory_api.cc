// Device and pinned memory: limits, double frees, frees of what is in use.
#include <algorithm>

#include "api.h"
#include "call.h"
#include "codes.h"
#include "loaded_model.h"
#include "stream.h"

namespace ascend_emulator {
namespace {

// Zero and what the added bytes overflow are refused; any policy is taken.
// See docs/ascend-facts.md, "AscendCL: memory".
aclError Malloc(void** memory, size_t size) {
  if (memory == nullptr) return Fail(kInvalidParameter, "EH0001: the pointer to the memory is a null pointer");
  if (size == 0 || size > SIZE_MAX - 64)
    return Fail(kInvalidParameter, fmt::format("EH0001: size {} is invalid", size));
  State& state = Global();
  const Guard guard(state.lock);
  const std::shared_ptr<Context> context = CurrentContext();
  if (context == nullptr) return NoContext();
  *memory = state.memory.AllocateDevice(context->device, size, state.config.memory_bytes);
  if (*memory != nullptr) return 0;
  return Fail(kDeviceOutOfMemory,
              fmt::format("EL0004: failed to allocate {} bytes: device {} has {} of {} in use", size, context->device,
                          state.memory.used(context->device), state.config.memory_bytes));
}

// Names the model or work that still needs the memory that is being freed; "" if there is none.
std::string FindUser(Storage& storage) {
  if (std::string model = FindModelIn(storage); !model.empty() || !storage.used()) return model;
  const std::string work = FindPendingWork({storage.bytes(), storage.size()}, true);
  return work.empty() ? "" : "unfinished " + work;
}

aclError Free(void* memory) {
  if (memory == nullptr) return Fail(kInvalidParameter, "EH0001: the memory is a null pointer");
  const Guard guard(Global().lock);
  if (CurrentContext() == nullptr) return NoContext();
  const std::shared_ptr<Storage> storage = Global().memory.FreeDevice(memory);
  if (storage == nullptr) {
    const bool was = Global().memory.IsDeviceAddress(memory);
    return Misuse(kRuntimeInvalidParameter,
                  fmt::format("aclrtFree({}): {}", memory,
                              was ? "freed before, or not the start of an allocation" : "not device memory"));
  }
  if (const std::string user = FindUser(*storage); !user.empty())
    Misuse(0, fmt::format("aclrtFree({}): in use by {}", memory, user));
  return 0;
}

aclError MallocHost(void** memory, size_t size) {
  if (memory == nullptr || size == 0 || size > (size_t{1} << 40))
    return Fail(kInvalidParameter, fmt::format("EH0001: a null pointer, or size {} is invalid", size));
  const Guard guard(Global().lock);
  if (CurrentContext() == nullptr) return NoContext();
  *memory = Global().memory.AllocatePinned(size);
  return 0;
}

aclError FreeHost(void* memory) {
  if (memory == nullptr) return Fail(kInvalidParameter, "EH0001: the memory is a null pointer");
  const Guard guard(Global().lock);
  const std::shared_ptr<Storage> storage = Global().memory.FreePinned(memory);
  if (storage == nullptr)
    return Misuse(kRuntimeInvalidParameter, fmt::format("aclrtFreeHost({}): not the start of pinned memory", memory));
  if (const std::string user = FindUser(*storage); !user.empty()) {
    Misuse(0, fmt::format("aclrtFreeHost({}): in use by {}", memory, user));
  } else {
    std::fill_n(storage->bytes(), storage->size(), kFreed);
  }
  return 0;
}

// The chip's one kind of memory; the other kind has size 0.
aclError MemoryInfo(aclrtMemAttr attribute, size_t* free, size_t* total) {
  if (free == nullptr || total == nullptr) return Fail(kInvalidParameter, "EH0001: a null pointer");
  const int kind = Number(attribute);
  if (kind < 0 || kind > 11) return Fail(kRuntimeInvalidParameter, fmt::format("EE1001: no memory attribute {}", kind));
  const State& state = Global();
  const Guard guard(Global().lock);
  const std::shared_ptr<Context> context = CurrentContext();
  if (context == nullptr) return NoContext();
  // aclrtMemAttr: docs/ascend-facts.md, "AscendCL: types".
  const bool hbm = kind == 1 || kind == 4 || kind == 5 || kind >= 8;
  *total = hbm == HasHbm(state.config) ? state.config.memory_bytes : 0;
  *free = *total != 0 ? *total - state.memory.used(context->device) : 0;
  return 0;
}

}  // namespace
}  // namespace ascend_emulator

using namespace ascend_emulator;  // NOLINT: the functions of AscendCL below are not in a namespace

extern "C" {

aclError aclrtMalloc(void** memory, size_t size, aclrtMemMallocPolicy policy) {
  return Call(
      "aclrtMalloc", [&] { return Malloc(memory, size); }, memory, size, policy);
}

aclError aclrtFree(void* memory) {
  return Release(
      "aclrtFree", [&] { return Free(memory); }, memory);
}

aclError aclrtMallocHost(void** memory, size_t size) {
  return Call(
      "aclrtMallocHost", [&] { return MallocHost(memory, size); }, memory, size);
}

aclError aclrtFreeHost(void* memory) {
  return Release(
      "aclrtFreeHost", [&] { return FreeHost(memory); }, memory);
}

aclError aclrtGetMemInfo(aclrtMemAttr attribute, size_t* free, size_t* total) {
  return Call(
      "aclrtGetMemInfo", [&] { return MemoryInfo(attribute, free, total); }, attribute, free, total);
}

}  // extern "C"
