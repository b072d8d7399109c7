// The emulator's libascendcl.so exports this beside AscendCL, for the emulator's other libraries: memory, tensor
// descriptions and work for a stream. Nothing of this is in the real library.
//
// A function of AscendCL in another library: `return Call("aclopX", [&] { return X(...); }, arguments...)` (call.h),
// which injects faults and writes the log, and `return Fail(code, text)` for an error that aclGetRecentErrMsg will
// tell.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "acl_types.h"

#pragma GCC visibility push(default)

namespace ascend_emulator {

// Returns `code`; `text` ("EE1001: ...") is what aclGetRecentErrMsg on this thread will give.
aclError Fail(aclError code, std::string text);

// A mistake of the client that the real library might not notice: "EMULATOR: misuse ..." on standard error and in the
// log. Returns `code` as Fail does.
aclError Misuse(aclError code, const std::string& text);

struct DataBuffer {
  void* memory = nullptr;  // of the device
  size_t size = 0;
};
std::optional<DataBuffer> FindDataBuffer(const aclDataBuffer* handle);

struct TensorDescription {
  int data_type = -1;  // aclDataType
  int format = -1;     // aclFormat
  std::vector<int64_t> dims;
  std::string name;
  std::optional<std::string> constant;  // its bytes, given by aclSetTensorConst
};
std::optional<TensorDescription> FindTensorDescription(const aclTensorDesc* handle);

// Bytes of an element, 0 for an unknown type; bytes of a tensor, 0 if a dimension is negative or too large.
size_t ElementSize(int data_type);
size_t TensorSize(int data_type, std::span<const int64_t> dims);

// The thread's current device, which Call functions with work need: 107002 if there is none.
aclError RequireContext();

// "Ascend910B4-emulator".
std::string SocName();

struct MemoryRange {
  void* address = nullptr;  // of the device or of the host
  size_t size = 0;
};

struct TaskError {
  aclError code = 0;
  std::string text;
};

// Work in a stream. `run` gets the bytes of `reads` and `writes`, in their order, when a synchronisation makes the
// device execute it, on the stream's thread; what it returns is told to whoever synchronises.
struct Task {
  using Reads = std::vector<std::span<const std::byte>>;
  using Writes = std::vector<std::span<std::byte>>;
  std::string name;
  std::vector<MemoryRange> reads, writes;
  std::function<TaskError(const Reads&, const Writes&)> run;
};

// Queues work on a stream of the current context (nullptr: its default stream): 107002, 107003, 107017, and 107000 with
// a misuse if a range is not in live device memory.
aclError Enqueue(aclrtStream handle, const Task& task);

// Runs work at once on the calling thread; its errors are returned.
aclError RunNow(const Task& task);

// For Call (call.h). The code that ASCEND_EMULATOR_FAULT has for this call.
std::optional<aclError> ConsumeFault(const char* function);
bool Logging();
void Log(const std::string& line);

}  // namespace ascend_emulator

#pragma GCC visibility pop
