#include "api.h"
#include "call.h"
#include "codes.h"
#include "stream.h"

namespace ascend_emulator {

aclError Enqueue(aclrtStream handle, const Task& task) {
  const Guard guard(Global().lock);
  aclError error = 0;
  const std::shared_ptr<Stream> stream = FindStream(handle, false, error);
  if (stream == nullptr) return error;
  auto work = std::make_unique<Stream::Work>();
  error = Prepare(task, *work);
  if (error == 0) Append(*stream, std::move(work));
  return error;
}

aclError RunNow(const Task& task) {
  Stream::Work work;
  {
    const Guard guard(Global().lock);
    if (CurrentContext() == nullptr) return NoContext();
    if (const aclError error = Prepare(task, work); error != 0) return error;
    CheckPending(work);
  }
  const TaskError error = RunWork(work);
  return error.code == 0 ? 0 : Fail(error.code, error.text);
}

namespace {

aclError Create(aclrtStream* handle) {
  if (handle == nullptr) return Fail(kInvalidParameter, "EH0001: the stream is a null pointer");
  const Guard guard(Global().lock);
  const std::shared_ptr<Context> context = CurrentContext();
  if (context == nullptr) return NoContext();
  const std::shared_ptr<Stream> stream = MakeStream(context);
  *handle = stream->handle = Global().streams.Add(stream);
  return 0;
}

aclError Destroy(aclrtStream handle, bool drop) {
  if (handle == nullptr) return Fail(kInvalidParameter, "EH0001: the stream is a null pointer");
  Guard guard(Global().lock);
  aclError error = 0;
  const std::shared_ptr<Stream> stream = FindStream(handle, false, error);
  if (stream == nullptr) return error;
  Global().streams.Remove(handle);
  Close(guard, stream, drop);
  return 0;
}

// Also a stream of another context or device: docs/ascend-facts.md, "AscendCL: streams and events".
aclError SynchronizeNow(aclrtStream handle, int32_t milliseconds) {
  if (milliseconds < -1) return Fail(kRuntimeInvalidParameter, "EE1001: the timeout is below -1");
  Guard guard(Global().lock);
  aclError error = 0;
  const std::shared_ptr<Stream> stream = FindStream(handle, true, error);
  return stream != nullptr ? Synchronize(guard, stream, milliseconds) : error;
}

// A failed device has not run its work and never will; only a timeout leaves it queued.
void DropQueuedAfter(aclError fault, aclrtStream handle) {
  Guard guard(Global().lock);
  aclError error = 0;
  const std::shared_ptr<Stream> stream = FindStream(handle, true, error);
  if (stream != nullptr && fault != kStreamTimeout) DropQueued(guard, stream);
}

aclError SynchronizeOrFault(const char* function, aclrtStream handle, int32_t milliseconds) {
  const std::optional<aclError> fault = ConsumeFault(function);
  if (fault) DropQueuedAfter(*fault, handle);
  const aclError result = fault ? *fault : CatchAll([&] { return SynchronizeNow(handle, milliseconds); });
  if (Logging()) Log(CallText(function, ArgumentText(result), handle, milliseconds));
  return result;
}

aclError Query(aclrtStream handle, aclrtStreamStatus* status) {
  if (status == nullptr) return Fail(kInvalidParameter, "EH0001: the status is a null pointer");
  const Guard guard(Global().lock);
  aclError error = 0;
  const std::shared_ptr<Stream> stream = FindStream(handle, false, error);
  if (stream == nullptr) return error;
  *status = stream->finished == stream->queued ? ACL_STREAM_STATUS_COMPLETE : ACL_STREAM_STATUS_NOT_READY;
  RunUpTo(stream, stream->queued);
  return 0;
}

}  // namespace
}  // namespace ascend_emulator

using namespace ascend_emulator;  // NOLINT: the functions of AscendCL below are not in a namespace

extern "C" {

aclError aclrtCreateStream(aclrtStream* stream) {
  return Call(
      "aclrtCreateStream", [&] { return Create(stream); }, stream);
}

aclError aclrtCreateStreamWithConfig(aclrtStream* stream, uint32_t priority, uint32_t flag) {
  return Call(
      "aclrtCreateStreamWithConfig", [&] { return Create(stream); }, stream, priority, flag);
}

aclError aclrtDestroyStream(aclrtStream stream) {
  return Release(
      "aclrtDestroyStream", [&] { return Destroy(stream, false); }, stream);
}

aclError aclrtDestroyStreamForce(aclrtStream stream) {
  return Release(
      "aclrtDestroyStreamForce", [&] { return Destroy(stream, true); }, stream);
}

aclError aclrtSynchronizeStream(aclrtStream stream) { return SynchronizeOrFault("aclrtSynchronizeStream", stream, -1); }

aclError aclrtSynchronizeStreamWithTimeout(aclrtStream stream, int32_t milliseconds) {
  return SynchronizeOrFault("aclrtSynchronizeStreamWithTimeout", stream, milliseconds);
}

aclError aclrtStreamQuery(aclrtStream stream, aclrtStreamStatus* status) {
  return Call(
      "aclrtStreamQuery", [&] { return Query(stream, status); }, stream, status);
}

}  // extern "C"
