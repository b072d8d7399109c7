// Huawei Ascend NPUs (ascend/ascend.h) as a backend.
#include <fmt/ranges.h>

#include <algorithm>
#include <mutex>

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

DeviceFacts FactsOf(const NpuFacts& facts) {
  return {.device = DeviceText(facts.devices),
          .dtype = Name(facts.dtype),
          .simd_target = "",
          .threads = 0,
          .npu_count = facts.device_count,
          .npu_name = facts.soc_name,
          .precision = facts.precision.english,
          .precision_chinese = facts.precision.chinese};
}

class NpuProgram : public Program, public std::enable_shared_from_this<NpuProgram> {
 public:
  NpuProgram(const ConvNeXtConfig& config, std::unique_ptr<NpuRunner> runner)
      : Program(config, FactsOf(runner->facts())), runner_(std::move(runner)) {}

  Result<std::unique_ptr<Session>> NewSession() const override;
  std::optional<DeviceMemoryUse> Memory() const override {
    const std::lock_guard turn(turn_);
    const auto memory = runner_->Memory();
    if (!memory.ok()) return std::nullopt;
    return DeviceMemoryUse{.before = runner_->facts().memory_before, .now = *memory};
  }
  bool IsOneRun(int64_t N) const override { return runner_->IsOneRun(N); }
  double CompileSeconds() const override { return runner_->facts().compile_seconds; }

  Result<RunReport> Run(std::span<const float> images, const ImageBatch& batch, std::span<float> embeddings) const {
    const std::lock_guard turn(turn_);
    DeviceTimes times;
    CONVNEXT_RETURN_IF_ERROR(runner_->Run(images, batch.N, batch.H, batch.W, embeddings, times));
    return RunReport{times, {}};
  }

 private:
  mutable std::mutex turn_;
  std::unique_ptr<NpuRunner> runner_;
};

class NpuSession : public Session {
 public:
  explicit NpuSession(const std::shared_ptr<const NpuProgram>& program)
      : Session(program), program_(*program), table_(MakeNormalizationTable(program->config().preprocessing)) {}

 protected:
  Result<RunReport> RunChecked(const ImageBatch& images, const Outputs& outputs, const RunOptions& options) override {
    if (options.tap || !outputs.pooled.empty() || !outputs.feature_map.empty())
      return Invalid("an NPU does not show the activations inside its model; use --device cpu for them");
    if (images.pixels.empty()) return program_.Run(images.data, images, outputs.embeddings);
    normalized_.resize(images.pixels.size());
    Normalize(images.pixels, table_, normalized_);
    return program_.Run(normalized_, images, outputs.embeddings);
  }

 private:
  const NpuProgram& program_;
  NormalizationTable table_;
  AlignedVector<float> normalized_;
};

Result<std::unique_ptr<Session>> NpuProgram::NewSession() const {
  return std::unique_ptr<Session>(std::make_unique<NpuSession>(shared_from_this()));
}

class NpuBackend : public Backend {
 public:
  NpuBackend(std::string name, NpuOptions options) : name_(std::move(name)), options_(std::move(options)) {}

  Result<std::shared_ptr<const Program>> Load(const ModelFile& file, const LoadOptions& load) const override {
    NpuOptions options = options_;
    options.batch_sizes = load.batch_sizes;
    options.height = load.image_size.height;
    options.width = load.image_size.width;
    options.progress = load.progress;
    auto runner = NpuRunner::Open(file, options);
    if (!runner.ok() && runner.status().code() == Code::kUnavailable)
      return runner.status().Prefixed(fmt::format("device {} cannot be used", name_));
    if (!runner.ok()) return runner.status();
    return std::shared_ptr<const Program>(std::make_shared<const NpuProgram>(file.config, *std::move(runner)));
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
