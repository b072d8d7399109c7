// Owners of AscendCL's handles. They belong to the context that was current when they were made, and go in it.
#pragma once

#include <memory>

#include "convnext/ascend/acl/acl_runtime.h"

namespace convnext {

// A stream, an event, a context, memory of the device or of the host.
using AclHandle = std::unique_ptr<void, aclError (*)(void*)>;

// Calls `create` with the address of a handle and owns what it makes, until `destroy` destroys it.
template <class Create>
Result<AclHandle> MakeHandle(const AclRuntime& runtime, const char* call, aclError (*destroy)(void*),
                             const Create& create) {
  void* handle = nullptr;
  CONVNEXT_RETURN_IF_ERROR(runtime.Check(call, create(&handle)));
  return AclHandle(handle, destroy);
}

using AclConfig = std::unique_ptr<aclmdlConfigHandle, aclError (*)(aclmdlConfigHandle*)>;
using AclDesc = std::unique_ptr<aclmdlDesc, aclError (*)(aclmdlDesc*)>;
using AclDataset = std::unique_ptr<aclmdlDataset, aclError (*)(const aclmdlDataset*)>;
using AclDataBuffer = std::unique_ptr<aclDataBuffer, aclError (*)(const aclDataBuffer*)>;

}  // namespace convnext
