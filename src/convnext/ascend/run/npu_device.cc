#include "convnext/ascend/run/npu_device.h"

#include <algorithm>
#include <chrono>

namespace convnext {

namespace {

Status Hangs(const char* call, double seconds) {
  return Status(
      {MakeReason("npu.timeout", Say({"{} has not returned for {} s", "{} 在 {} 秒内没有返回"}, call, seconds),
                  Say({"the driver or the device hangs", "驱动或设备无响应"}),
                  Say({"look at npu-smi info and dmesg, end other processes on the device, reset it "
                       "(npu-smi set -t reset -i NPU -c CHIP) and run again",
                       "查看 npu-smi info 和 dmesg，结束占用该设备的其他进程，复位设备（npu-smi set -t reset -i NPU -c "
                       "CHIP）后重新运行"}))});
}

}  // namespace

Result<std::unique_ptr<NpuDevice>> NpuDevice::Open(const std::shared_ptr<const AclRuntime>& runtime, int index,
                                                   const NpuTimeLimits& limits) {
  std::unique_ptr<NpuDevice> device(new NpuDevice(runtime, index, limits));
  Owned* const owned = device->owned_.get();
  const Status status =
      device->RunInTime("aclrtSetDevice", limits.set_device_seconds, [owned, runtime, index]() -> Status {
        CONVNEXT_ASSIGN_OR_RETURN(auto context, NpuContext::Open(*runtime, index));
        owned->context = std::move(context);
        return {};
      });
  if (!status.ok()) return status.Prefixed(device->name());
  return device;
}

Status NpuDevice::RunInTime(const char* call, double seconds, std::function<Status()> work) {
  std::future<Status> done = owned_->thread.Submit(std::move(work));
  if (done.wait_for(std::chrono::duration<double>(seconds)) == std::future_status::ready) return done.get();
  hangs_ = true;
  return Hangs(call, seconds);
}

NpuDevice::~NpuDevice() {
  if (hangs_) {
    Abandon(nullptr);
    static_cast<void>(owned_.release());  // the thread has it
    return;
  }
  const Status done = owned_->thread.RunAndWait([this]() -> Status {
    Close();
    return {};
  });
}

void NpuDevice::Close() {
  if (IsStuck()) {
    for (auto& model : owned_->models) Abandon(std::move(model));
    Abandon(std::make_shared<NpuWeights>(std::move(owned_->weights)));
    Abandon(std::move(owned_->context));
  }
  owned_->models.clear();
  owned_->weights = {};
  owned_->context.reset();
}

Status NpuDevice::Load(const NpuModelFile& file, const NpuModelShape& shape) {
  Owned* const owned = owned_.get();
  const Status status =
      RunInTime("aclmdlLoadFromFile", limits_.load_seconds, [owned, runtime = runtime_, file, shape]() -> Status {
        CONVNEXT_ASSIGN_OR_RETURN(auto model, NpuModel::Load(*runtime, file, shape, owned->weights));
        owned->models.push_back(std::move(model));
        return {};
      });
  if (!status.ok()) return status.Prefixed(name());
  const std::vector<int64_t>& sizes = owned_->models.back()->batch_sizes();
  batch_sizes_.insert(batch_sizes_.end(), sizes.begin(), sizes.end());
  std::sort(batch_sizes_.begin(), batch_sizes_.end());
  return {};
}

bool NpuDevice::HasBatchSize(int64_t batch_size) const {
  return std::binary_search(batch_sizes_.begin(), batch_sizes_.end(), batch_size);
}

const NpuModel& NpuDevice::ModelOf(int64_t batch_size) const {
  const auto found = std::find_if(owned_->models.begin(), owned_->models.end(), [batch_size](const auto& model) {
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
  if (resources != nullptr) forever->push_back(std::move(resources));
}

Result<DeviceMemory> NpuDevice::Memory() {
  DeviceMemory memory;
  Status status = owned_->thread.RunAndWait([this, &memory]() -> Status {
    CONVNEXT_ASSIGN_OR_RETURN(const auto found, owned_->context->Memory());
    memory = found;
    return {};
  });
  if (!status.ok()) return status;
  return memory;
}

Status NpuDevice::TryMemory() {
  constexpr size_t kSome = size_t{1} << 20;
  return owned_->thread.RunAndWait([this]() -> Status {
    const AclApi& api = runtime_->api();
    return MakeHandle(*runtime_, "aclrtMalloc", api.aclrtFree,
                      [&](void** memory) { return api.aclrtMalloc(memory, kSome, ACL_MEM_MALLOC_HUGE_FIRST); })
        .status();
  });
}

}  // namespace convnext
