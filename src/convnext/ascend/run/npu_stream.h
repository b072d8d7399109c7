// A stream in the current thread's context, and the events that time what runs in it.
#pragma once

#include <array>
#include <memory>

#include "convnext/ascend/acl/acl.h"

namespace convnext {

// The moments of a run, in their order. Nothing lies between kCopiedIn and kExecuting but the wait for other sessions.
enum class NpuMoment { kStarted, kCopiedIn, kExecuting, kExecuted, kCopiedOut };

class NpuStream {
 public:
  static Result<std::unique_ptr<NpuStream>> Open(const AclRuntime& runtime);
  NpuStream(const NpuStream&) = delete;
  NpuStream& operator=(const NpuStream&) = delete;
  ~NpuStream() = default;

  aclrtStream get() const { return stream_.get(); }

  Status Record(NpuMoment moment) const;
  // Waits for all that is enqueued.
  Status Synchronize() const;
  // The lengths of the steps of a run, all of whose moments were recorded and are over, are added to `times`.
  Status AddTimes(DeviceTimes& times) const;

 private:
  explicit NpuStream(const AclRuntime& runtime) : runtime_(runtime) {}
  Status Prepare();
  Status AddElapsed(NpuMoment from, NpuMoment to, double& seconds) const;
  aclrtEvent EventOf(NpuMoment moment) const { return events_[static_cast<size_t>(moment)].get(); }

  const AclRuntime& runtime_;
  AclHandle stream_{nullptr, nullptr};
  std::array<AclHandle, 5> events_ = {AclHandle{nullptr, nullptr}, AclHandle{nullptr, nullptr},
                                      AclHandle{nullptr, nullptr}, AclHandle{nullptr, nullptr},
                                      AclHandle{nullptr, nullptr}};  // before the stream they go
};

}  // namespace convnext
