#include "ascend/npu_runner.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "ascend/doctor.h"
#include "ascend/npu_device.h"
#include "ascend/om_file.h"
#include "ascend/precision_audit.h"
#include "ascend/probe.h"
#include "ascend/work_directory.h"

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

std::vector<int64_t> Shares(int64_t N, size_t devices) {
  const auto count = static_cast<int64_t>(devices);
  std::vector<int64_t> shares(devices, N / count);
  for (size_t i = 0; i < static_cast<size_t>(N % count); ++i) ++shares[i];
  return shares;
}

std::vector<int64_t> SharedBatchSizes(const std::vector<int64_t>& batch_sizes, size_t devices) {
  std::set<int64_t> sizes;
  for (const int64_t batch_size : batch_sizes) {
    for (const int64_t share : Shares(batch_size, devices)) sizes.insert(share);
  }
  sizes.erase(0);
  return {sizes.begin(), sizes.end()};
}

int64_t NextBatchSize(const std::vector<int64_t>& sizes, int64_t N) {
  const auto above = std::upper_bound(sizes.begin(), sizes.end(), N);
  return above == sizes.begin() ? sizes.front() : *std::prev(above);
}

Result<std::unique_ptr<NpuRunner>> NpuRunner::Open(const ModelFile& model, const NpuOptions& options) {
  std::unique_ptr<NpuRunner> runner(new NpuRunner(options, model.config.embedding_dim()));
  if (Status status = runner->Start(); !status.ok()) return runner->Diagnose(status);
  if (Status status = runner->OpenDevices(); !status.ok()) return runner->Diagnose(status);
  if (const auto memory = runner->Memory(); memory.ok()) runner->facts_.memory_before = *memory;
  CONVNEXT_RETURN_IF_ERROR(runner->LoadModels(model));
  return runner;
}

NpuRunner::NpuRunner(NpuOptions options, int64_t embedding_dim)
    : options_(std::move(options)), embedding_dim_(embedding_dim) {}

NpuRunner::~NpuRunner() = default;

Status NpuRunner::Diagnose(const Status& failure) const {
  ProbeFacts facts = FactsOfFailure(failure, runtime_.get());
  std::vector<BlockingReason> reasons =
      ExamineNpu(options_.machine, [&facts](const auto&, const auto&) { return facts; }).reasons;
  std::erase_if(reasons, ConcernsCompilingOnly);
  return reasons.empty() ? failure : Status(reasons);
}

Status NpuRunner::Start() {
  cann_ = FindCann(options_.machine);
  CONVNEXT_ASSIGN_OR_RETURN(auto runtime, AclRuntime::Start(options_.machine, cann_));
  runtime_ = std::move(runtime);
  return {};
}

Status NpuRunner::OpenDevices() {
  uint32_t count = 0;
  const aclError code = runtime_->api().aclrtGetDeviceCount(&count);
  CONVNEXT_RETURN_IF_ERROR(runtime_->Check("aclrtGetDeviceCount", code));
  facts_.device_count = count;
  facts_.devices = options_.devices;
  for (int i = 0; options_.devices.empty() && i < static_cast<int>(count); ++i) facts_.devices.push_back(i);
  if (facts_.devices.empty())
    return Status({MakeReason("npu.device.none",
                              Say({"aclrtGetDeviceCount counts 0 devices", "aclrtGetDeviceCount 返回的设备数为 0"}),
                              Say({"no device is visible to this process", "本进程看不到任何设备"}),
                              Say({"look at npu-smi info and at ASCEND_RT_VISIBLE_DEVICES",
                                   "查看 npu-smi info 和环境变量 ASCEND_RT_VISIBLE_DEVICES"}))});
  for (const int index : facts_.devices) {
    CONVNEXT_ASSIGN_OR_RETURN(auto device, NpuDevice::Open(runtime_, index));
    devices_.push_back(std::move(device));
  }
  // After a device was set: it is null without one in some versions.
  const char* name = runtime_->api().aclrtGetSocName();
  CONVNEXT_RETURN_IF_ERROR(runtime_->CheckHandle("aclrtGetSocName", name));
  facts_.soc_name = Printable(name);
  return {};
}

Result<std::vector<CompiledModel>> NpuRunner::Compile(const ModelFile& model) const {
  CompileOptions compile;
  compile.soc_version = facts_.soc_name;
  compile.precision = options_.precision;
  compile.height = options_.height;
  compile.width = options_.width;
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
Result<CompiledModel> NpuRunner::InspectOmFile() const {
  CONVNEXT_ASSIGN_OR_RETURN(const auto file, MappedFile::Open(options_.om_path));
  if (const auto header = ParseOmHeader(file.bytes()); !header.ok())
    return header.status().Prefixed(Printable(options_.om_path));
  CompiledModel model;
  model.path = options_.om_path;
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

Status NpuRunner::LoadModels(const ModelFile& model) {
  std::vector<CompiledModel> models;
  const Stopwatch stopwatch;
  if (options_.om_path.empty()) {
    CONVNEXT_ASSIGN_OR_RETURN(auto compiled, Compile(model));
    models = std::move(compiled);
  } else {
    CONVNEXT_ASSIGN_OR_RETURN(auto file, InspectOmFile());
    models.push_back(std::move(file));
  }
  facts_.compile_seconds = stopwatch.Seconds();
  const CompiledModel& least = *std::max_element(models.begin(), models.end(), IsMorePrecise);
  facts_.dtype = PrecisionOf(options_, least);
  facts_.precision = DescribePrecision(options_, facts_.soc_name, least);
  if (options_.progress && facts_.dtype != options_.precision)
    options_.progress(fmt::format("warning: {} was asked for, this is {}: {}", Name(options_.precision),
                                  Name(facts_.dtype), facts_.precision.english));
  for (const auto& device : devices_) {
    for (const CompiledModel& loaded : models) {
      if (Status status = device->Load(loaded.path, {options_.height, options_.width, embedding_dim_}); !status.ok())
        return status;
    }
  }
  return {};
}

Status NpuRunner::Run(std::span<const float> images, int64_t N, int64_t H, int64_t W, std::span<float> embeddings,
                      DeviceTimes& times) {
  if (H != options_.height || W != options_.width) {
    return Invalid("pictures of {}x{}, and a model compiled for {}x{}; give --image_size {}x{}", H, W, options_.height,
                   options_.width, H, W);
  }
  const auto pixels = static_cast<size_t>(3 * H * W), width = static_cast<size_t>(embedding_dim_);
  const std::vector<int64_t> shares = Shares(N, devices_.size());
  std::vector<DeviceTimes> device_times(devices_.size());
  std::vector<std::future<Status>> running;
  running.reserve(devices_.size());
  size_t begin = 0;
  for (size_t i = 0; i < devices_.size(); ++i) {
    const auto n = static_cast<size_t>(shares[i]);
    running.push_back(devices_[i]->Run(images.subspan(begin * pixels, n * pixels),
                                       embeddings.subspan(begin * width, n * width), device_times[i]));
    begin += n;
  }
  Status result;
  for (std::future<Status>& run : running) {
    Status status = run.get();  // of all, before any memory goes
    if (result.ok()) result = status;
  }
  times = *std::max_element(device_times.begin(), device_times.end(), [](const DeviceTimes& a, const DeviceTimes& b) {
    return a.TotalSeconds() < b.TotalSeconds();
  });
  return result;
}

bool NpuRunner::IsOneRun(int64_t N) const {
  const std::vector<int64_t> shares = Shares(N, devices_.size());
  return std::all_of(shares.begin(), shares.end(),
                     [this](int64_t share) { return share == 0 || devices_[0]->HasBatchSize(share); });
}

Result<DeviceMemory> NpuRunner::Memory() {
  DeviceMemory sum;
  for (const auto& device : devices_) {
    CONVNEXT_ASSIGN_OR_RETURN(const auto memory, device->Memory());
    sum.free_bytes += memory.free_bytes;
    sum.total_bytes += memory.total_bytes;
  }
  return sum;
}

}  // namespace convnext
