#include "convnext/ascend/run/npu_stream.h"

namespace convnext {
namespace {

constexpr int32_t kTimeoutMs = 600'000;  // no batch takes minutes: the device is stuck

}  // namespace

Result<std::unique_ptr<NpuStream>> NpuStream::Open(const AclRuntime& runtime) {
  std::unique_ptr<NpuStream> stream(new NpuStream(runtime));
  CONVNEXT_RETURN_IF_ERROR(stream->Prepare());
  return stream;
}

Status NpuStream::Prepare() {
  const AclApi& api = runtime_.api();
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

Status NpuStream::Record(NpuMoment moment) const {
  return runtime_.Check("aclrtRecordEvent", runtime_.api().aclrtRecordEvent(EventOf(moment), stream_.get()));
}

Status NpuStream::Synchronize() const {
  const aclError code = runtime_.api().aclrtSynchronizeStreamWithTimeout(stream_.get(), kTimeoutMs);
  return runtime_.Check("aclrtSynchronizeStreamWithTimeout", code);
}

Status NpuStream::AddElapsed(NpuMoment from, NpuMoment to, double& seconds) const {
  float milliseconds = 0;
  const aclError code = runtime_.api().aclrtEventElapsedTime(&milliseconds, EventOf(from), EventOf(to));
  seconds += static_cast<double>(milliseconds) / 1e3;
  return runtime_.Check("aclrtEventElapsedTime", code);
}

Status NpuStream::AddTimes(DeviceTimes& times) const {
  CONVNEXT_RETURN_IF_ERROR(AddElapsed(NpuMoment::kStarted, NpuMoment::kCopiedIn, times.copy_in_seconds));
  CONVNEXT_RETURN_IF_ERROR(AddElapsed(NpuMoment::kExecuting, NpuMoment::kExecuted, times.execute_seconds));
  return AddElapsed(NpuMoment::kExecuted, NpuMoment::kCopiedOut, times.copy_out_seconds);
}

}  // namespace convnext
