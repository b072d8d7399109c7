#include "convnext/ascend/acl/acl_runtime.h"

#include <mutex>

#include "convnext/ascend/acl/acl_error.h"
#include "convnext/ascend/acl/acl_library.h"

namespace convnext {
namespace {

std::mutex& Mutex() {
  static std::mutex mutex;
  return mutex;
}

std::shared_ptr<const AclRuntime>& Shared() {
  static std::shared_ptr<const AclRuntime> shared;
  return shared;
}

}  // namespace

Result<std::shared_ptr<const AclRuntime>> AclRuntime::Start(const Machine& machine,
                                                            const std::optional<CannInstallation>& cann) {
  const std::scoped_lock lock(Mutex());
  if (Shared()) return Shared();
  CONVNEXT_ASSIGN_OR_RETURN(const auto api, LoadAclLibrary(machine, cann));
  std::shared_ptr<AclRuntime> runtime(new AclRuntime(api));
  const aclError code = api.aclInit(nullptr);
  // Somebody else's initialisation, PyTorch's for example, is as good as ours, and counted.
  if (code != kAclSuccess && code != kAclRepeatInitialize) return runtime->Check("aclInit", code);
  runtime->owner_ = code == kAclSuccess;
  Shared() = runtime;
  return Shared();
}

void StopAcl() {
  const std::scoped_lock lock(Mutex());
  std::shared_ptr<const AclRuntime>& shared = Shared();
  if (!shared || shared.use_count() > 1) return;
  const AclApi& api = shared->api();
  if (api.aclFinalizeReference != nullptr) {
    api.aclFinalizeReference(nullptr);
  } else if (shared->owner_) {
    api.aclFinalize();
  }
  shared.reset();
}

std::string AclRuntime::RecentMessage() const {
  const char* message = api_.aclGetRecentErrMsg();
  return message == nullptr ? "" : message;
}

Status AclRuntime::Check(const char* call, aclError code) const {
  if (code == kAclSuccess) return {};
  return Status({ExplainAclError(call, code, RecentMessage())});
}

Status AclRuntime::CheckHandle(const char* call, const void* handle) const {
  if (handle != nullptr) return {};
  return Status({ExplainNoHandle(call, RecentMessage())});
}

}  // namespace convnext
