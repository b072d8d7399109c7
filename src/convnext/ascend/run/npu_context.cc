#include "convnext/ascend/run/npu_context.h"

namespace convnext {

Result<std::unique_ptr<NpuContext>> NpuContext::Open(const AclRuntime& runtime, int index) {
  const AclApi& api = runtime.api();
  CONVNEXT_RETURN_IF_ERROR(runtime.Check("aclrtSetDevice", api.aclrtSetDevice(index)));
  std::unique_ptr<NpuContext> context(new NpuContext(runtime, index));
  auto handle = MakeHandle(runtime, "aclrtCreateContext", api.aclrtDestroyContext,
                           [&](void** made) { return api.aclrtCreateContext(made, index); });
  if (!handle.ok()) return handle.status();
  context->context_ = *std::move(handle);
  aclrtRunMode mode = ACL_HOST;
  CONVNEXT_RETURN_IF_ERROR(runtime.Check("aclrtGetRunMode", api.aclrtGetRunMode(&mode)));
  context->is_own_host_ = mode == ACL_DEVICE;
  return context;
}

// In the order that AscendCL asks for: the context before the device.
NpuContext::~NpuContext() {
  context_.reset();
  runtime_.api().aclrtResetDevice(index_);
}

Status NpuContext::MakeCurrent() const {
  return runtime_.Check("aclrtSetCurrentContext", runtime_.api().aclrtSetCurrentContext(context_.get()));
}

// Chips with HBM first; the others have none, and say that it is 0 bytes or answer for their DDR.
Result<DeviceMemory> NpuContext::Memory() const {
  size_t free = 0, total = 0;
  aclError code = runtime_.api().aclrtGetMemInfo(ACL_HBM_MEM, &free, &total);
  if (code != 0 || total == 0) code = runtime_.api().aclrtGetMemInfo(ACL_DDR_MEM, &free, &total);
  CONVNEXT_RETURN_IF_ERROR(runtime_.Check("aclrtGetMemInfo", code));
  return DeviceMemory{static_cast<int64_t>(free), static_cast<int64_t>(total)};
}

}  // namespace convnext
