#include "api.h"
#include "call.h"
#include "codes.h"
#include "device.h"
#include "loaded_model.h"
#include "stream.h"

namespace ascend_emulator {

void EndContext(Guard& guard, const std::shared_ptr<Context>& context, const std::string& why) {
  State& state = Global();
  std::vector<std::pair<const void*, std::shared_ptr<Stream>>> streams;
  for (const auto& [handle, stream] : state.streams.live())
    if (stream->context.lock() == context) streams.emplace_back(handle, stream);
  if (!streams.empty()) Log(fmt::format("EMULATOR: leak {} stream at {}", streams.size(), why));
  for (const auto& [handle, stream] : streams) {
    state.streams.Remove(handle);
    Close(guard, stream, true);
  }
  if (const std::shared_ptr<Stream> stream = std::exchange(context->default_stream, nullptr); stream != nullptr)
    Close(guard, stream, true);
  if (const size_t count = UnloadAll(context); count != 0)
    Log(fmt::format("EMULATOR: leak {} model at {}", count, why));
  state.contexts.Remove(context->handle);
}

namespace {

aclError CreateContext(aclrtContext* handle, int32_t device) {
  if (handle == nullptr) return Fail(kInvalidParameter, "EH0001: the context is a null pointer");
  State& state = Global();
  const Guard guard(state.lock);
  if (const aclError error = CheckDevice(device); error != 0) return error;
  auto context = std::make_shared<Context>();
  context->device = device;
  context->handle = state.contexts.Add(context);
  SetCurrent(context);
  *handle = context->handle;
  return 0;
}

// The default context goes with aclrtResetDevice alone. See docs/ascend-facts.md, "AscendCL: devices and contexts".
aclError DestroyContext(aclrtContext handle) {
  if (handle == nullptr) return Fail(kInvalidParameter, "EH0001: the context is a null pointer");
  Guard guard(Global().lock);
  const std::shared_ptr<Context> context = Global().contexts.Find(handle);
  if (context == nullptr) return Misuse(kNotSet, fmt::format("context {}: {}", handle, ExplainUnknown(handle)));
  if (context->is_default) return Fail(kNoContext, "EE1002: the default context cannot be destroyed");
  EndContext(guard, context, "aclrtDestroyContext");
  return 0;
}

aclError SetCurrentContext(aclrtContext handle) {
  if (handle == nullptr) return Fail(kInvalidParameter, "EH0001: the context is a null pointer");
  const Guard guard(Global().lock);
  const std::shared_ptr<Context> context = Global().contexts.Find(handle);
  if (context == nullptr) return Misuse(kNoContext, fmt::format("context {}: {}", handle, ExplainUnknown(handle)));
  SetCurrent(context);
  return 0;
}

aclError GetCurrentContext(aclrtContext* handle) {
  if (handle == nullptr) return Fail(kInvalidParameter, "EH0001: the context is a null pointer");
  const Guard guard(Global().lock);
  const std::shared_ptr<Context> context = CurrentContext();
  if (context == nullptr) return NoContext();
  *handle = context->handle;
  return 0;
}

}  // namespace
}  // namespace ascend_emulator

using namespace ascend_emulator;  // NOLINT: the functions of AscendCL below are not in a namespace

extern "C" {

aclError aclrtCreateContext(aclrtContext* context, int32_t device) {
  return Call(
      "aclrtCreateContext", [&] { return CreateContext(context, device); }, context, device);
}

aclError aclrtDestroyContext(aclrtContext context) {
  return Release(
      "aclrtDestroyContext", [&] { return DestroyContext(context); }, context);
}

aclError aclrtSetCurrentContext(aclrtContext context) {
  return Call(
      "aclrtSetCurrentContext", [&] { return SetCurrentContext(context); }, context);
}

aclError aclrtGetCurrentContext(aclrtContext* context) {
  return Call(
      "aclrtGetCurrentContext", [&] { return GetCurrentContext(context); }, context);
}

}  // extern "C"
