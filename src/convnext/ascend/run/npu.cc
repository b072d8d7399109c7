#include "convnext/ascend/run/npu.h"

#include <fmt/ranges.h>

#include "convnext/ascend/run/npu_session.h"

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

class ProgramOnNpu : public Program, public std::enable_shared_from_this<ProgramOnNpu> {
 public:
  ProgramOnNpu(const ConvNeXtConfig& config, std::shared_ptr<const NpuProgram> program, const InputKinds& inputs)
      : Program(config, FactsOf(program->facts()), inputs), program_(std::move(program)) {}

  Result<std::unique_ptr<Session>> NewSession() const override;
  std::optional<DeviceMemoryUse> Memory() const override {
    const auto memory = program_->Memory();
    if (!memory.ok()) return std::nullopt;
    return DeviceMemoryUse{.before = program_->facts().memory_before, .now = *memory};
  }
  bool IsOneRun(int64_t N) const override { return program_->IsOneRun(N); }
  double CompileSeconds() const override { return program_->facts().compile_seconds; }

 private:
  std::shared_ptr<const NpuProgram> program_;
};

class SessionOnNpu : public Session {
 public:
  SessionOnNpu(std::shared_ptr<const Program> program, std::unique_ptr<NpuSession> session)
      : Session(std::move(program)), session_(std::move(session)) {}

 protected:
  Result<RunReport> RunChecked(const ImageBatch& images, const Outputs& outputs, const RunOptions& options) override {
    if (options.tap || !outputs.pooled.empty() || !outputs.feature_map.empty())
      return Invalid("an NPU does not show the activations inside its model; use --device cpu for them");
    CONVNEXT_ASSIGN_OR_RETURN(const auto times, session_->Run(images, outputs.embeddings, options.stop));
    return RunReport{times, {}};
  }

 private:
  std::unique_ptr<NpuSession> session_;
};

Result<std::unique_ptr<Session>> ProgramOnNpu::NewSession() const {
  CONVNEXT_ASSIGN_OR_RETURN(auto session, program_->NewSession());
  return std::unique_ptr<Session>(std::make_unique<SessionOnNpu>(shared_from_this(), std::move(session)));
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
    if (load.normalization) options.normalization = *load.normalization;
    auto program = NpuProgram::Open(file, options);
    if (!program.ok() && program.status().code() == Code::kUnavailable)
      return program.status().Prefixed(fmt::format("device {} cannot be used", name_));
    if (!program.ok()) return program.status();
    return std::shared_ptr<const Program>(std::make_shared<const ProgramOnNpu>(
        file.config, *std::move(program),
        InputKinds{.pixels = load.normalization || options.uint8_input, .floats = !options.uint8_input}));
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
  npu.uint8_input = options.device_preprocess;
  return std::make_unique<NpuBackend>(options.device, npu);
}

}  // namespace convnext
