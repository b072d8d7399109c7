// Copies between host and device, at once or in a stream.
#include <cstring>

#include "api.h"
#include "call.h"
#include "codes.h"
#include "stream.h"

namespace ascend_emulator {
namespace {

struct Copy {
  void* to;
  size_t to_size;
  const void* from;
  size_t count;
  int kind;  // aclrtMemcpyKind
};

aclError CheckArguments(const Copy& copy) {
  if (copy.to == nullptr || copy.from == nullptr) return Fail(kInvalidParameter, "EH0001: a null pointer");
  if (copy.kind < 0 || copy.kind > 7) return Fail(kInvalidParameter, fmt::format("EH0001: no kind {}", copy.kind));
  if (copy.count == 0 || copy.count <= copy.to_size) return 0;
  return Fail(kRuntimeInvalidParameter,
              fmt::format("EE1001: {} bytes do not fit into the destination's {}", copy.count, copy.to_size));
}

// Newer libraries look at the pointers alone; older ones trust the kind, which therefore must be right.
aclError CheckKind(const Copy& copy, bool from_device, bool to_device) {
  const bool any = copy.kind == 4;  // ACL_MEMCPY_DEFAULT
  const bool wants_from_device = copy.kind == 2 || copy.kind == 3 || copy.kind > 5;
  const bool wants_to_device = copy.kind == 1 || copy.kind == 3 || copy.kind >= 5;
  if (any || (from_device == wants_from_device && to_device == wants_to_device)) return 0;
  return Misuse(kRuntimeInvalidParameter, fmt::format("a copy of kind {} from {} to {}", copy.kind,
                                                      from_device ? "device" : "host", to_device ? "device" : "host"));
}

TaskError CopyBytes(const Task::Reads& reads, const Task::Writes& writes) {
  std::memmove(writes[0].data(), reads[0].data(), reads[0].size());
  return {};
}

// With the lock held. The copy as work for a stream.
aclError PrepareCopy(const char* function, const Copy& copy, Stream::Work& work) {
  const Task task{function, {{const_cast<void*>(copy.from), copy.count}}, {{copy.to, copy.count}}, CopyBytes};
  if (const aclError error = Prepare(task, work); error != 0) return error;
  return CheckKind(copy, work.reads[0].place == Place::kDevice, work.writes[0].place == Place::kDevice);
}

aclError CopyNow(const Copy& copy) {
  if (const aclError error = CheckArguments(copy); error != 0) return error;
  Stream::Work work;
  {
    const Guard guard(Global().lock);
    if (CurrentContext() == nullptr) return NoContext();
    if (copy.count == 0) return 0;
    if (const aclError error = PrepareCopy("aclrtMemcpy", copy, work); error != 0) return error;
    CheckPending(work);
  }
  return RunWork(work).code;
}

bool UsesPageableMemory(const Stream::Work& work) {
  return work.reads[0].place == Place::kPageable || work.writes[0].place == Place::kPageable;
}

bool OnDevice(const Stream::Work& work) {
  return work.reads[0].place == Place::kDevice || work.writes[0].place == Place::kDevice;
}

// With pageable memory the copy is done, in the stream's order, when this returns; its error is told by the next
// synchronisation.
aclError CopyInStream(const Copy& copy, aclrtStream handle) {
  if (const aclError error = CheckArguments(copy); error != 0) return error;
  Guard guard(Global().lock);
  aclError error = 0;
  const std::shared_ptr<Stream> stream = FindStream(handle, false, error);
  if (stream == nullptr || copy.count == 0) return error;
  auto work = std::make_unique<Stream::Work>();
  if (error = PrepareCopy("aclrtMemcpyAsync", copy, *work); error != 0) return error;
  if (Global().config.is_own_host) return Fail(kDmaError, "EE9999: a board in RC mode was given an asynchronous copy");
  if (!OnDevice(*work)) return Fail(kNotSupported, "EE9999: an asynchronous copy from host to host is not supported");
  const bool wait = UsesPageableMemory(*work);
  work->is_copy = true;
  const uint64_t number = Append(*stream, std::move(work));
  if (!wait) return 0;
  RunUpTo(stream, number);
  Global().changed.wait(guard, [&] { return stream->finished >= number; });
  return 0;
}

aclError CheckFill(const void* memory, size_t size, size_t count) {
  if (memory == nullptr) return Fail(kInvalidParameter, "EH0001: the memory is a null pointer");
  if (count <= size) return 0;
  return Fail(kRuntimeInvalidParameter, fmt::format("EE1001: {} bytes do not fit into {}", count, size));
}

Task FillTask(const char* function, void* memory, int32_t value, size_t count) {
  return {function, {}, {{memory, count}}, [value](const Task::Reads&, const Task::Writes& writes) {
            std::memset(writes[0].data(), value, writes[0].size());
            return TaskError();
          }};
}

}  // namespace
}  // namespace ascend_emulator

using namespace ascend_emulator;  // NOLINT: the functions of AscendCL below are not in a namespace

extern "C" {

aclError aclrtMemcpy(void* to, size_t to_size, const void* from, size_t count, aclrtMemcpyKind kind) {
  return Call(
      "aclrtMemcpy",
      [&] {
        return CopyNow({to, to_size, from, count, Number(kind)});
      },
      to, to_size, from, count, kind);
}

aclError aclrtMemcpyAsync(void* to, size_t to_size, const void* from, size_t count, aclrtMemcpyKind kind,
                          aclrtStream stream) {
  return Call(
      "aclrtMemcpyAsync",
      [&] {
        return CopyInStream({to, to_size, from, count, Number(kind)}, stream);
      },
      to, to_size, from, count, kind, stream);
}

aclError aclrtMemset(void* memory, size_t size, int32_t value, size_t count) {
  const auto fill = [&] {
    const aclError error = CheckFill(memory, size, count);
    return error != 0 ? error : RunNow(FillTask("aclrtMemset", memory, value, count));
  };
  return Call("aclrtMemset", fill, memory, size, value, count);
}

aclError aclrtMemsetAsync(void* memory, size_t size, int32_t value, size_t count, aclrtStream stream) {
  const auto fill = [&] {
    const aclError error = CheckFill(memory, size, count);
    return error != 0 ? error : Enqueue(stream, FillTask("aclrtMemsetAsync", memory, value, count));
  };
  return Call("aclrtMemsetAsync", fill, memory, size, value, count, stream);
}

}  // extern "C"
