#include "convnext/ascend/run/npu_program.h"

#include <algorithm>
#include <filesystem>

#include "convnext/ascend/compile/compile.h"
#include "convnext/ascend/host/host.h"
#include "convnext/ascend/run/npu_device.h"
#include "convnext/ascend/run/npu_session.h"
#include "convnext/ascend/run/npu_shares.h"
#include "convnext/ascend/run/npu_worker.h"
#include "convnext/ascend/run/probe.h"

namespace convnext {
namespace {

// Whether `a` has fewer float16 operators than `b`, or as many and its audit is done.
bool IsMorePrecise(const CompiledModel& a, const CompiledModel& b) {
  return std::pair(a.float16_count, !a.audited) < std::pair(b.float16_count, !b.audited);
}

// Nobody knows the flags of a file from elsewhere: types do not show HF32, and one float16 may stand for all.
Precision PrecisionOf(const NpuOptions& options, const CompiledModel& model) {
  if (options.om_path.empty()) return ComputedPrecision(options.precision, model);
  return model.float16_count > 0 ? Precision::kFloat16 : Precision::kFloat32Unverified;
}

NpuModelFile FileOf(const CompiledModel& model) {
  NpuModelFile file{model.path, {}};
  for (const auto& [name, digest] : model.weights) file.weights.push_back(name);
  return file;
}

Bilingual DescribePrecision(const NpuOptions& options, const std::string& soc_name, const CompiledModel& model) {
  const Bilingual source =
      options.om_path.empty()
          ? Say({"compiled from ONNX opset {} for {}", "由 ONNX（opset {}）为 {} 转换"}, model.opset, soc_name)
          : Say({"a compiled model from elsewhere", "由外部提供的离线模型"});
  if (!model.audited) {
    return Say({"{}; whether it keeps float32 could not be seen: {}", "{}；未能确认是否全程保持 float32：{}"}, source,
               model.audit_problem);
  }
  return Say({"{}; {} operators of the compiled graph read or write float16 (atc --mode=1)",
              "{}；编译后的计算图中有 {} 个算子读写 float16（atc --mode=1）"},
             source, model.float16_count);
}

}  // namespace

Result<std::shared_ptr<const NpuProgram>> NpuProgram::Open(const ModelFile& model, const NpuOptions& options) {
  std::shared_ptr<NpuProgram> program(new NpuProgram(options, model.config));
  if (Status status = program->Start(); !status.ok()) return program->Diagnose(status);
  if (Status status = program->OpenDevices(); !status.ok()) return program->Diagnose(status);
  if (const auto memory = program->Memory(); memory.ok()) program->facts_.memory_before = *memory;
  CONVNEXT_RETURN_IF_ERROR(program->LoadModels(model));
  return std::shared_ptr<const NpuProgram>(std::move(program));
}

NpuProgram::NpuProgram(NpuOptions options, const ConvNeXtConfig& config)
    : options_(std::move(options)), embedding_dim_(config.embedding_dim()) {}

NpuProgram::~NpuProgram() = default;

Status NpuProgram::Diagnose(const Status& failure) const {
  ProbeFacts facts = FactsOfFailure(failure, runtime_.get());
  std::vector<BlockingReason> reasons =
      ExamineNpu(options_.machine, [&facts](const auto&, const auto&) { return facts; }).reasons;
  std::erase_if(reasons, ConcernsCompilingOnly);
  return reasons.empty() ? failure : Status(reasons);
}

Status NpuProgram::Start() {
  cann_ = FindCann(options_.machine);
  CONVNEXT_ASSIGN_OR_RETURN(auto runtime, AclRuntime::Start(options_.machine, cann_));
  runtime_ = std::move(runtime);
  return {};
}

Status NpuProgram::FindDevices() {
  uint32_t count = 0;
  const aclError code = runtime_->api().aclrtGetDeviceCount(&count);
  CONVNEXT_RETURN_IF_ERROR(runtime_->Check("aclrtGetDeviceCount", code));
  facts_.device_count = count;
  facts_.devices = options_.devices;
  for (int i = 0; options_.devices.empty() && i < static_cast<int>(count); ++i) facts_.devices.push_back(i);
  if (!facts_.devices.empty()) return {};
  return Status({MakeReason("npu.device.none",
                            Say({"aclrtGetDeviceCount counts 0 devices", "aclrtGetDeviceCount 返回的设备数为 0"}),
                            Say({"no device is visible to this process", "本进程看不到任何设备"}),
                            Say({"look at npu-smi info and at ASCEND_RT_VISIBLE_DEVICES",
                                 "查看 npu-smi info 和环境变量 ASCEND_RT_VISIBLE_DEVICES"}))});
}

Status NpuProgram::OpenDevices() {
  CONVNEXT_RETURN_IF_ERROR(FindDevices());
  for (const int index : facts_.devices) {
    CONVNEXT_ASSIGN_OR_RETURN(auto device, NpuDevice::Open(runtime_, index, options_.limits));
    devices_.push_back(std::move(device));
  }
  // After a device was set: it is null without one in some versions.
  const char* name = runtime_->api().aclrtGetSocName();
  CONVNEXT_RETURN_IF_ERROR(runtime_->CheckHandle("aclrtGetSocName", name));
  facts_.soc_name = Printable(name);
  return {};
}

Result<std::vector<CompiledModel>> NpuProgram::Compile(const ModelFile& model) const {
  CompileOptions compile;
  compile.soc_version = facts_.soc_name;
  compile.precision = options_.precision;
  compile.height = options_.height;
  compile.width = options_.width;
  compile.uint8_input = options_.uint8_input;
  compile.cache = options_.cache;
  compile.machine = options_.machine;
  compile.progress = options_.progress;
  std::vector<CompiledModel> compiled;
  for (auto& result : CompileModels(model, compile, SharedBatchSizes(options_.batch_sizes, devices_.size()))) {
    if (!result.ok()) return result.status();
    compiled.push_back(*std::move(result));
  }
  return compiled;
}

// A file from elsewhere: what it computes in is looked up where atc is at hand.
Result<CompiledModel> NpuProgram::InspectOmFile() const {
  CONVNEXT_ASSIGN_OR_RETURN(const auto file, MappedFile::Open(options_.om_path));
  if (const auto header = ParseOmHeader(file.bytes()); !header.ok())
    return header.status().Prefixed(Printable(options_.om_path));
  CompiledModel model;
  model.path = options_.om_path;
  for (const std::string& name : WeightFilesOf(model.path)) model.weights[name];  // whose digests nobody recorded
  if (!cann_ || !cann_->atc) {
    model.audit_problem = "there is no atc here";
    return model;
  }
  CONVNEXT_ASSIGN_OR_RETURN(
      const auto directory,
      WorkDirectory::Make(Variable(options_.machine, "TMPDIR").value_or("/tmp"), options_.machine));
  // By a link, as atc runs in that directory and takes few characters in paths.
  const std::string link = directory.path() + "/model.om";
  std::error_code error;
  std::filesystem::create_symlink(std::filesystem::absolute(options_.om_path, error), link, error);
  const auto audit = AuditPrecision(MakeAtc(options_.machine, *cann_), link, directory.path());
  model.audited = audit.ok();
  model.audit_problem = SafeLine(options_.machine, audit.status().message());
  if (audit.ok()) model.float16_count = audit->float16_count;
  return model;
}

Result<std::vector<CompiledModel>> NpuProgram::FindModels(const ModelFile& model) const {
  if (options_.om_path.empty()) return Compile(model);
  CONVNEXT_ASSIGN_OR_RETURN(auto file, InspectOmFile());
  std::vector<CompiledModel> models;
  models.push_back(std::move(file));
  return models;
}

void NpuProgram::SetPrecision(const std::vector<CompiledModel>& models) {
  const CompiledModel& least = *std::max_element(models.begin(), models.end(), IsMorePrecise);
  facts_.dtype = PrecisionOf(options_, least);
  facts_.precision = DescribePrecision(options_, facts_.soc_name, least);
  if (options_.progress && facts_.dtype != options_.precision)
    options_.progress(fmt::format("warning: {} was asked for, this is {}: {}", Name(options_.precision),
                                  Name(facts_.dtype), facts_.precision.english));
}

Status NpuProgram::LoadModels(const ModelFile& model) {
  const Stopwatch stopwatch;
  CONVNEXT_ASSIGN_OR_RETURN(const auto models, FindModels(model));
  facts_.compile_seconds = stopwatch.Seconds();
  SetPrecision(models);
  for (const auto& device : devices_) {
    for (const CompiledModel& loaded : models) {
      if (Status status =
              device->Load(FileOf(loaded), {options_.height, options_.width, embedding_dim_, options_.uint8_input});
          !status.ok())
        return status;
    }
  }
  return {};
}

Status NpuProgram::CheckInput(const ImageBatch& images) const {
  if (options_.uint8_input && images.pixels.empty())
    return Invalid("normalised pictures for a model that was compiled for 8-bit ones");
  const int64_t H = images.H, W = images.W;
  if (H == options_.height && W == options_.width) return {};
  return Invalid("pictures of {}x{}, and a model compiled for {}x{}; give --image_size {}x{}", H, W, options_.height,
                 options_.width, H, W);
}

NpuWorkers NpuProgram::TakeIdle() const {
  const std::scoped_lock lock(idle_mutex_);
  if (idle_.empty()) return {};
  NpuWorkers workers = std::move(idle_.back());
  idle_.pop_back();
  return workers;
}

void NpuProgram::TakeBack(NpuWorkers workers) const {
  const std::scoped_lock lock(idle_mutex_);
  idle_.push_back(std::move(workers));
}

Result<NpuWorkers> NpuProgram::OpenWorkers() const {
  NpuWorkers workers;
  for (const auto& device : devices_) {
    CONVNEXT_ASSIGN_OR_RETURN(auto worker, NpuWorker::Open(*device));
    workers.push_back(std::move(worker));
  }
  return workers;
}

Result<std::unique_ptr<NpuSession>> NpuProgram::NewSession() const {
  for (const auto& device : devices_) CONVNEXT_RETURN_IF_ERROR(device->failure());
  NpuWorkers workers = TakeIdle();
  if (workers.empty()) {
    auto opened = OpenWorkers();
    if (!opened.ok()) return Diagnose(opened.status());
    workers = *std::move(opened);
  }
  return std::make_unique<NpuSession>(shared_from_this(), std::move(workers));
}

bool NpuProgram::IsOneRun(int64_t N) const {
  const std::vector<int64_t> shares = Shares(N, devices_.size());
  return std::all_of(shares.begin(), shares.end(),
                     [this](int64_t share) { return share == 0 || devices_[0]->HasBatchSize(share); });
}

Result<DeviceMemory> NpuProgram::Memory() const {
  DeviceMemory sum;
  for (const auto& device : devices_) {
    CONVNEXT_ASSIGN_OR_RETURN(const auto memory, device->Memory());
    sum.free_bytes += memory.free_bytes;
    sum.total_bytes += memory.total_bytes;
  }
  return sum;
}

}  // namespace convnext
