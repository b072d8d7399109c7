#include "convnext/ascend/run/npu_device.h"

#include <algorithm>

namespace convnext {

Result<std::unique_ptr<NpuDevice>> NpuDevice::Open(std::shared_ptr<const AclRuntime> runtime, int index) {
  std::unique_ptr<NpuDevice> device(new NpuDevice(runtime, index));
  Status status = device->thread_.RunAndWait([&device, &runtime, index]() -> Status {
    CONVNEXT_ASSIGN_OR_RETURN(auto context, NpuContext::Open(*runtime, index));
    device->context_ = std::move(context);
    return {};
  });
  if (!status.ok()) return status.Prefixed(device->name());
  return device;
}

NpuDevice::~NpuDevice() {
  const Status done = thread_.RunAndWait([this]() -> Status {
    Close();
    return {};
  });
}

void NpuDevice::Close() {
  if (IsStuck()) {
    for (auto& model : models_) Abandon(std::move(model));
    Abandon(std::move(context_));
  }
  models_.clear();
  context_.reset();
}

Status NpuDevice::Load(const std::string& om_path, const NpuModelShape& shape) {
  return thread_.RunAndWait([this, &om_path, &shape]() -> Status {
    auto model = NpuModel::Load(*runtime_, om_path, shape);
    if (!model.ok()) return model.status().Prefixed(name());
    models_.push_back(*std::move(model));
    const std::vector<int64_t>& sizes = models_.back()->batch_sizes();
    batch_sizes_.insert(batch_sizes_.end(), sizes.begin(), sizes.end());
    std::sort(batch_sizes_.begin(), batch_sizes_.end());
    return {};
  });
}

bool NpuDevice::HasBatchSize(int64_t batch_size) const {
  return std::binary_search(batch_sizes_.begin(), batch_sizes_.end(), batch_size);
}

const NpuModel& NpuDevice::ModelOf(int64_t batch_size) const {
  const auto found = std::find_if(models_.begin(), models_.end(), [batch_size](const auto& model) {
    return std::binary_search(model->batch_sizes().begin(), model->batch_sizes().end(), batch_size);
  });
  return **found;
}

Status NpuDevice::failure() const {
  const std::scoped_lock lock(failure_mutex_);
  return failure_;
}

Status NpuDevice::Report(const Status& run) {
  if (run.ok()) return run;
  const std::scoped_lock lock(failure_mutex_);
  if (failure_.ok()) failure_ = run.Prefixed(name());
  return failure_;
}

bool NpuDevice::IsStuck() const {
  const Status status = failure();
  return !status.reasons().empty() && status.reasons()[0].code == "npu.timeout";
}

void NpuDevice::Abandon(std::shared_ptr<const void> resources) const {
  static std::mutex mutex;
  static auto* const forever = new std::vector<std::shared_ptr<const void>>;  // never destroyed
  const std::scoped_lock lock(mutex);
  forever->push_back(runtime_);
  forever->push_back(std::move(resources));
}

Result<DeviceMemory> NpuDevice::Memory() {
  DeviceMemory memory;
  Status status = thread_.RunAndWait([this, &memory]() -> Status {
    CONVNEXT_ASSIGN_OR_RETURN(const auto found, context_->Memory());
    memory = found;
    return {};
  });
  if (!status.ok()) return status;
  return memory;
}

Status NpuDevice::TryMemory() {
  constexpr size_t kSome = size_t{1} << 20;
  return thread_.RunAndWait([this]() -> Status {
    const AclApi& api = runtime_->api();
    return MakeHandle(*runtime_, "aclrtMalloc", api.aclrtFree,
                      [&](void** memory) { return api.aclrtMalloc(memory, kSome, ACL_MEM_MALLOC_HUGE_FIRST); })
        .status();
  });
}

}  // namespace convnext
