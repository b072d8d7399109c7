// A device that this process uses, and the context in it that models and streams belong to.
#pragma once

#include <memory>

#include "convnext/ascend/acl/acl.h"

namespace convnext {

class NpuContext {
 public:
  // Takes device `index`: the first time in a process this takes seconds. The context is then the thread's current one.
  static Result<std::unique_ptr<NpuContext>> Open(const AclRuntime& runtime, int index);
  NpuContext(const NpuContext&) = delete;
  NpuContext& operator=(const NpuContext&) = delete;
  ~NpuContext();

  // For another thread, which may then use what belongs to the context.
  Status MakeCurrent() const;

  // Of the device.
  Result<DeviceMemory> Memory() const;

  // The host is the device: boards in RC mode, which take no asynchronous copies.
  bool IsOwnHost() const { return is_own_host_; }

 private:
  NpuContext(const AclRuntime& runtime, int index) : runtime_(runtime), index_(index) {}

  const AclRuntime& runtime_;
  int index_;
  bool is_own_host_ = false;
  AclHandle context_{nullptr, nullptr};
};

}  // namespace convnext
