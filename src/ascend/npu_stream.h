// A device that is in use by the current thread: its context, a stream, and the events that time what runs on it.
#pragma once

#include <array>
#include <memory>

#include "ascend/acl_handle.h"

namespace convnext {

class NpuStream {
 public:
  // Takes device `index` for the current thread: the first time in a process this takes seconds.
  static Result<std::unique_ptr<NpuStream>> Open(const AclRuntime& runtime, int index);
  NpuStream(const NpuStream&) = delete;
  NpuStream& operator=(const NpuStream&) = delete;
  ~NpuStream();

  aclrtStream get() const { return stream_.get(); }

  // Between the steps copy in, execute and copy out lie events 0 to 3.
  Status RecordEvent(size_t event) const;
  // Waits for all that is enqueued, then reads the events.
  Status Synchronize(DeviceTimes& times) const;

  Result<DeviceMemory> Memory() const;

 private:
  NpuStream(const AclRuntime& runtime, int index) : runtime_(runtime), index_(index) {}
  Status Prepare();
  // Adds the time from `event` to the next one.
  Status AddElapsed(size_t event, double& seconds) const;

  const AclRuntime& runtime_;
  int index_;
  AclHandle context_{nullptr, nullptr};
  AclHandle stream_{nullptr, nullptr};
  std::array<AclHandle, 4> events_ = {AclHandle{nullptr, nullptr}, AclHandle{nullptr, nullptr},
                                      AclHandle{nullptr, nullptr}, AclHandle{nullptr, nullptr}};
};

}  // namespace convnext
