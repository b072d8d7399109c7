// Huawei Ascend NPUs (ascend/ascend.h) as a backend.
#include <fmt/ranges.h>

#include <algorithm>

#include "ascend/ascend.h"
#include "backend/backend.h"

namespace convnext {
namespace {

std::string DeviceText(const std::vector<int>& devices) {
  std::vector<std::string> names;
  names.reserve(devices.size());
  for (const int device : devices) names.push_back(fmt::format("npu:{}", device));
  return fmt::format("{}", fmt::join(names, ","));
}

class NpuSession : public Session {
 public:
  explicit NpuSession(std::unique_ptr<NpuRunner> runner) : runner_(std::move(runner)) {}

  Status Run(const ImageBatch& images, std::span<float> embeddings, const Tap<float>& tap) override {
    if (tap) return Invalid("an NPU does not show the activations inside its model; use --device cpu for them");
    return runner_->Run(images.data, images.N, images.H, images.W, embeddings, times_);
  }

  DeviceFacts Describe() const override {
    const NpuFacts& facts = runner_->facts();
    return {.device = DeviceText(facts.devices),
            .dtype = Name(facts.dtype),
            .simd_target = "",
            .threads = 0,
            .npu_count = facts.device_count,
            .npu_name = facts.soc_name,
            .precision = facts.precision.english,
            .precision_chinese = facts.precision.chinese};
  }

  std::optional<DeviceTimes> Times() const override { return times_; }

  std::optional<DeviceMemoryUse> Memory() override {
    const auto memory = runner_->Memory();
    if (!memory.ok()) return std::nullopt;
    return DeviceMemoryUse{.before = runner_->facts().memory_before, .now = *memory};
  }

  bool IsOneRun(int64_t N) const override { return runner_->IsOneRun(N); }
  double CompileSeconds() const override { return runner_->facts().compile_seconds; }

 private:
  std::unique_ptr<NpuRunner> runner_;
  DeviceTimes times_;
};

class NpuBackend : public Backend {
 public:
  NpuBackend(std::string name, NpuOptions options) : name_(std::move(name)), options_(std::move(options)) {}

  Result<std::unique_ptr<Session>> Load(const ModelFile& file, const LoadOptions& load) const override {
    NpuOptions options = options_;
    options.batch_sizes = load.batch_sizes;
    options.height = load.image_size.height;
    options.width = load.image_size.width;
    options.progress = load.progress;
    auto runner = NpuRunner::Open(file, options);
    if (!runner.ok() && runner.status().code() == Code::kUnavailable)
      return runner.status().Prefixed(fmt::format("device {} cannot be used", name_));
    if (!runner.ok()) return runner.status();
    return std::make_unique<NpuSession>(*std::move(runner));
  }

 private:
  std::string name_;
  NpuOptions options_;
};

}  // namespace

Result<std::unique_ptr<Backend>> MakeNpuBackend(std::vector<int> devices, const BackendOptions& options) {
  CONVNEXT_RETURN_IF_ERROR(CheckPrecision(options.dtype, DeviceKind::kNpu));
  NpuOptions npu;
  npu.devices = std::move(devices);
  npu.precision = options.dtype;
  npu.om_path = options.om_path;
  return std::make_unique<NpuBackend>(options.device, npu);
}

}  // namespace convnext
