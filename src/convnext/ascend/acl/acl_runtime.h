// AscendCL in this process: libascendcl.so, loaded and initialised.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "convnext/ascend/acl/declarations.h"
#include "convnext/ascend/host/host.h"
#include "convnext/base/base.h"

namespace convnext {

// Shared by all that use NPUs in this process. It stays initialised until StopAcl, as the real library is seldom
// initialised twice.
class AclRuntime {
 public:
  // Loads the library as the system finds it, or else from `cann` with the libraries that it needs from there and from
  // the driver, so that set_env.sh need not be sourced; then calls aclInit. kUnavailable with the reason if that fails;
  // npu.cann.library if the library cannot be loaded.
  static Result<std::shared_ptr<const AclRuntime>> Start(const Machine& machine,
                                                         const std::optional<CannInstallation>& cann);
  AclRuntime(const AclRuntime&) = delete;
  AclRuntime& operator=(const AclRuntime&) = delete;
  ~AclRuntime() = default;

  const AclApi& api() const { return api_; }

  // The outcome of `call`; a failure is explained, with what AscendCL says of it. On the thread that called.
  Status Check(const char* call, aclError code) const;
  // The same for functions that return a handle: nullptr is a failure.
  Status CheckHandle(const char* call, const void* handle) const;

 private:
  friend void StopAcl();
  explicit AclRuntime(const AclApi& api) : api_(api) {}
  std::string RecentMessage() const;

  AclApi api_;
  bool owner_ = false;  // nobody else in this process had initialised AscendCL
};

// For the end of a program, when no NPU is in use any more: takes the initialisation back. Does nothing if there is
// none, or if a device that did not answer still holds it.
void StopAcl();

}  // namespace convnext
