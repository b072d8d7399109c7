#include "api.h"
#include "call.h"
#include "codes.h"
#include "device.h"
#include "loaded_model.h"
#include "stream.h"

namespace ascend_emulator {

// The list of visible devices first: with a wrong one there is no device at all.
// See docs/ascend-facts.md, "Host: visible devices".
aclError CheckDevice(int32_t device) {
  const State& state = Global();
  if (state.initialized == 0) return NoContext();
  if (!state.config.visible_error.empty())
    return Fail(kInvalidDevice, "EE2002: ASCEND_RT_VISIBLE_DEVICES is wrong: " + state.config.visible_error);
  if (device >= 0 && static_cast<size_t>(device) < state.config.devices.size()) return 0;
  return Fail(kInvalidDevice, fmt::format("EE1001: device {} is not among 0 to {}; the driver may not be loaded",
                                          device, static_cast<int64_t>(state.config.devices.size()) - 1));
}

namespace {

aclError DeviceCount(uint32_t* count) {
  if (count == nullptr) return Fail(kInvalidParameter, "EH0001: the count is a null pointer");
  const State& state = Global();
  const Guard guard(Global().lock);
  *count = static_cast<uint32_t>(state.config.devices.size());
  if (state.initialized == 0 || !state.config.visible_error.empty()) return CheckDevice(0);
  return *count != 0 ? 0 : Fail(kNoDevice, "EL0005: there is no device");
}

// Device 0's name, with or without aclrtSetDevice. See docs/ascend-facts.md, "AscendCL: devices and contexts".
const char* SocNameOrNull() {
  const State& state = Global();
  const Guard guard(Global().lock);
  return state.initialized != 0 && !state.config.devices.empty() ? state.config.soc.c_str() : nullptr;
}

aclError SetDevice(int32_t device) {
  State& state = Global();
  const Guard guard(state.lock);
  if (const aclError error = CheckDevice(device); error != 0) return error;
  std::shared_ptr<Context> context = DefaultContext(device);
  if (context == nullptr) {
    context = std::make_shared<Context>();
    context->device = device;
    context->is_default = true;
    context->handle = state.contexts.Add(context);
  }
  ++context->references;
  SetCurrent(context);
  return 0;
}

// All contexts of the device and its memory; what is still there has been forgotten.
void EndDevice(Guard& guard, int32_t device) {
  State& state = Global();
  const std::string why = fmt::format("aclrtResetDevice({})", device);
  std::vector<std::shared_ptr<Context>> contexts;
  for (const auto& [handle, context] : state.contexts.live())
    if (context->device == device) contexts.push_back(context);
  for (const auto& context : contexts) {
    if (!context->is_default) Log("EMULATOR: leak 1 context at " + why);
    EndContext(guard, context, why);
  }
  if (const size_t count = state.memory.FreeAll(device); count != 0)
    Log(fmt::format("EMULATOR: leak {} device memory at {}", count, why));
}

aclError ResetDevice(int32_t device, bool force) {
  Guard guard(Global().lock);
  if (const aclError error = CheckDevice(device); error != 0) return error;
  const std::shared_ptr<Context> context = DefaultContext(device);
  if (context == nullptr) return Fail(kNotSet, fmt::format("EE1001: device {} is not set", device));
  if (--context->references == 0 || force) EndDevice(guard, device);
  return 0;
}

aclError GetDevice(int32_t* device) {
  if (device == nullptr) return Fail(kInvalidParameter, "EH0001: the device is a null pointer");
  const Guard guard(Global().lock);
  const std::shared_ptr<Context> context = CurrentContext();
  if (context == nullptr) return NoContext();
  *device = context->device;
  return 0;
}

aclError RunMode(aclrtRunMode* mode) {
  if (mode == nullptr) return Fail(kInvalidParameter, "EH0001: the mode is a null pointer");
  *mode = Global().config.is_own_host ? ACL_DEVICE : ACL_HOST;
  return 0;
}

aclError SynchronizeDevice() {
  Guard guard(Global().lock);
  const std::shared_ptr<Context> current = CurrentContext();
  if (current == nullptr) return NoContext();
  std::vector<std::shared_ptr<Stream>> streams;
  for (const auto& [handle, stream] : Global().streams.live())
    if (stream->device == current->device) streams.push_back(stream);
  for (const auto& [handle, context] : Global().contexts.live())
    if (context->device == current->device && context->default_stream) streams.push_back(context->default_stream);
  for (const auto& stream : streams) RunUpTo(stream, stream->queued);
  aclError first = 0;
  for (const auto& stream : streams)
    if (const aclError error = Synchronize(guard, stream, -1); first == 0) first = error;
  return first;
}

}  // namespace
}  // namespace ascend_emulator

using namespace ascend_emulator;  // NOLINT: the functions of AscendCL below are not in a namespace

extern "C" {

aclError aclrtGetDeviceCount(uint32_t* count) {
  return Call(
      "aclrtGetDeviceCount", [&] { return DeviceCount(count); }, count);
}

const char* aclrtGetSocName() { return Call("aclrtGetSocName", SocNameOrNull); }

aclError aclrtGetRunMode(aclrtRunMode* mode) {
  return Call(
      "aclrtGetRunMode", [&] { return RunMode(mode); }, mode);
}

aclError aclrtSetDevice(int32_t device) {
  return Call(
      "aclrtSetDevice", [&] { return SetDevice(device); }, device);
}

aclError aclrtGetDevice(int32_t* device) {
  return Call(
      "aclrtGetDevice", [&] { return GetDevice(device); }, device);
}

aclError aclrtResetDevice(int32_t device) {
  return Release(
      "aclrtResetDevice", [&] { return ResetDevice(device, false); }, device);
}

aclError aclrtResetDeviceForce(int32_t device) {
  return Release(
      "aclrtResetDeviceForce", [&] { return ResetDevice(device, true); }, device);
}

aclError aclrtSynchronizeDevice() { return Call("aclrtSynchronizeDevice", SynchronizeDevice); }

}  // extern "C"
