#include "ascend/npu_stream.h"

namespace convnext {
namespace {

constexpr int32_t kTimeoutMs = 600'000;  // no batch takes minutes: the device is stuck

}  // namespace

Result<std::unique_ptr<NpuStream>> NpuStream::Open(const AclRuntime& runtime, int index) {
  CONVNEXT_RETURN_IF_ERROR(runtime.Check("aclrtSetDevice", runtime.api().aclrtSetDevice(index)));
  std::unique_ptr<NpuStream> stream(new NpuStream(runtime, index));
  CONVNEXT_RETURN_IF_ERROR(stream->Prepare());
  return stream;
}

// In the order that AscendCL asks for: what lives in a context before the context, the context before the device.
NpuStream::~NpuStream() {
  for (AclHandle& event : events_) event.reset();
  stream_.reset();
  context_.reset();
  runtime_.api().aclrtResetDevice(index_);
}

Status NpuStream::Prepare() {
  const AclApi& api = runtime_.api();
  auto context = MakeHandle(runtime_, "aclrtCreateContext", api.aclrtDestroyContext,
                            [&](void** handle) { return api.aclrtCreateContext(handle, index_); });
  if (!context.ok()) return context.status();
  context_ = *std::move(context);
  CONVNEXT_ASSIGN_OR_RETURN(auto stream,
                            MakeHandle(runtime_, "aclrtCreateStream", api.aclrtDestroyStream, api.aclrtCreateStream));
  stream_ = std::move(stream);
  for (AclHandle& event : events_) {
    auto made = MakeHandle(runtime_, "aclrtCreateEventWithFlag", api.aclrtDestroyEvent,
                           [&](void** handle) { return api.aclrtCreateEventWithFlag(handle, ACL_EVENT_TIME_LINE); });
    if (!made.ok()) return made.status();
    event = *std::move(made);
  }
  return {};
}

Status NpuStream::RecordEvent(size_t event) const {
  return runtime_.Check("aclrtRecordEvent", runtime_.api().aclrtRecordEvent(events_[event].get(), stream_.get()));
}

Status NpuStream::AddElapsed(size_t event, double& seconds) const {
  float milliseconds = 0;
  const aclError code =
      runtime_.api().aclrtEventElapsedTime(&milliseconds, events_[event].get(), events_[event + 1].get());
  seconds += static_cast<double>(milliseconds) / 1e3;
  return runtime_.Check("aclrtEventElapsedTime", code);
}

Status NpuStream::Synchronize(DeviceTimes& times) const {
  const aclError code = runtime_.api().aclrtSynchronizeStreamWithTimeout(stream_.get(), kTimeoutMs);
  CONVNEXT_RETURN_IF_ERROR(runtime_.Check("aclrtSynchronizeStreamWithTimeout", code));
  CONVNEXT_RETURN_IF_ERROR(AddElapsed(0, times.copy_in_seconds));
  CONVNEXT_RETURN_IF_ERROR(AddElapsed(1, times.execute_seconds));
  return AddElapsed(2, times.copy_out_seconds);
}

// Chips with HBM first; the others have none, and say that it is 0 bytes or answer for their DDR.
Result<DeviceMemory> NpuStream::Memory() const {
  size_t free = 0, total = 0;
  aclError code = runtime_.api().aclrtGetMemInfo(ACL_HBM_MEM, &free, &total);
  if (code != 0 || total == 0) code = runtime_.api().aclrtGetMemInfo(ACL_DDR_MEM, &free, &total);
  CONVNEXT_RETURN_IF_ERROR(runtime_.Check("aclrtGetMemInfo", code));
  return DeviceMemory{static_cast<int64_t>(free), static_cast<int64_t>(total)};
}

}  // namespace convnext
