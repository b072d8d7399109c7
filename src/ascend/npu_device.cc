#include "ascend/npu_device.h"

#include <algorithm>
#include <mutex>

#include "ascend/npu_runner.h"

namespace convnext {
namespace {

// Only the end of the process can give these back.
struct Abandoned {
  std::shared_ptr<const AclRuntime> runtime;
  std::unique_ptr<NpuStream> stream;
  std::vector<std::unique_ptr<NpuModel>> models;
};

void Abandon(Abandoned resources) {
  static std::mutex mutex;
  static auto* const forever = new std::vector<Abandoned>;  // never destroyed
  const std::scoped_lock lock(mutex);
  forever->push_back(std::move(resources));
}

}  // namespace

Result<std::unique_ptr<NpuDevice>> NpuDevice::Open(std::shared_ptr<const AclRuntime> runtime, int index) {
  std::unique_ptr<NpuDevice> device(new NpuDevice(runtime, index));
  Status status = device->thread_.RunAndWait([&device, &runtime, index]() -> Status {
    CONVNEXT_ASSIGN_OR_RETURN(auto stream, NpuStream::Open(*runtime, index));
    device->stream_ = std::move(stream);
    return {};
  });
  if (!status.ok()) return status.Prefixed(fmt::format("npu:{}", index));
  return device;
}

NpuDevice::~NpuDevice() {
  const Status done = thread_.RunAndWait([this]() -> Status {
    if (IsStuck()) Abandon({runtime_, std::move(stream_), std::move(models_)});
    models_.clear();
    stream_.reset();
    return {};
  });
}

Status NpuDevice::Load(const std::string& om_path, const NpuModelShape& shape) {
  shape_ = shape;
  return thread_.RunAndWait([this, &om_path]() -> Status {
    auto model = NpuModel::Load(*runtime_, om_path, shape_);
    if (!model.ok()) return model.status().Prefixed(fmt::format("npu:{}", index_));
    models_.push_back(*std::move(model));
    const std::vector<int64_t>& sizes = models_.back()->batch_sizes();
    batch_sizes_.insert(batch_sizes_.end(), sizes.begin(), sizes.end());
    std::sort(batch_sizes_.begin(), batch_sizes_.end());
    return {};
  });
}

bool NpuDevice::IsStuck() const { return !broken_.reasons().empty() && broken_.reasons()[0].code == "npu.timeout"; }

NpuModel& NpuDevice::ModelOf(int64_t batch_size) {
  const auto found = std::find_if(models_.begin(), models_.end(), [batch_size](const auto& model) {
    return std::binary_search(model->batch_sizes().begin(), model->batch_sizes().end(), batch_size);
  });
  return **found;
}

std::future<Status> NpuDevice::Run(std::span<const float> images, std::span<float> embeddings, DeviceTimes& times) {
  return thread_.Submit([this, images, embeddings, &times]() -> Status {
    if (!broken_.ok()) return broken_;
    Status status = RunAll(images, embeddings, times);
    if (!status.ok()) broken_ = status.Prefixed(fmt::format("npu:{}", index_));
    return broken_;
  });
}

Status NpuDevice::RunAll(std::span<const float> images, std::span<float> embeddings, DeviceTimes& times) {
  const auto pixels = static_cast<size_t>(3 * shape_.height * shape_.width);
  const auto width = static_cast<size_t>(shape_.embedding_dim);
  for (auto left = static_cast<int64_t>(images.size() / pixels); left > 0;) {
    const int64_t batch_size = NextBatchSize(batch_sizes_, left);
    const auto n = static_cast<size_t>(std::min(left, batch_size));
    Status status =
        ModelOf(batch_size).Run(*stream_, batch_size, images.first(n * pixels), embeddings.first(n * width), times);
    if (!status.ok()) return status;
    images = images.subspan(n * pixels);
    embeddings = embeddings.subspan(n * width);
    left -= static_cast<int64_t>(n);
  }
  return {};
}

bool NpuDevice::HasBatchSize(int64_t batch_size) const {
  return std::binary_search(batch_sizes_.begin(), batch_sizes_.end(), batch_size);
}

Result<DeviceMemory> NpuDevice::Memory() {
  DeviceMemory memory;
  Status status = thread_.RunAndWait([this, &memory]() -> Status {
    CONVNEXT_ASSIGN_OR_RETURN(const auto found, stream_->Memory());
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
