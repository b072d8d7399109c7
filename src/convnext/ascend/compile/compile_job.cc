#include "convnext/ascend/compile/compile_job.h"

#include <sys/stat.h>
#include <sys/utsname.h>

#include <cerrno>
#include <filesystem>
#include <map>
#include <optional>
#include <system_error>

#include "convnext/ascend/compile/atc.h"
#include "convnext/ascend/compile/atc_errors.h"
#include "convnext/ascend/compile/om_cache.h"
#include "convnext/ascend/compile/om_file.h"
#include "convnext/ascend/compile/precision_audit.h"
#include "convnext/ascend/compile/work_directory.h"

namespace convnext {
namespace {

namespace fs = std::filesystem;

// LayerNormalization as one operator; where CANN does not know that, the same in smaller ones.
// See docs/ascend-facts.md, "Compiling: operators".
constexpr int kOpset = 17, kOlderOpset = 13;
// Another process that compiles the same may try both opsets.
constexpr double kLockTimeouts = 2.5;

struct Job {
  const OnnxSource& source;
  const CompileOptions& options;
  const CannInstallation& cann;
  std::string cache;
  std::optional<WorkDirectory> work = std::nullopt;  // once there is something to compile
  std::map<int, std::string> onnx = {};              // digests of what was exported into it, by opset
};

void ReportProgress(const Job& job, const std::string& step) {
  if (job.options.progress) job.options.progress(step);
}

std::string OnnxPath(const Job& job, int opset) { return fmt::format("{}/opset{}.onnx", job.work->path(), opset); }

std::string HostName() {
  utsname name{};
  return ::uname(&name) == 0 ? fmt::format("linux-{}", name.machine) : "linux";
}

AtcRequest RequestOf(const Job& job, int64_t batch) {
  return {job.options.soc_version,
          job.options.precision,
          HasPrecisionModeV2(job.cann.version),
          InputShape(batch, job.options.height, job.options.width, job.options.uint8_input),
          job.options.uint8_input,
          HasSharedWeights(job.cann.version)};
}

OmIngredients IngredientsOf(const Job& job, int64_t batch, int opset, const std::string& onnx_sha256) {
  const AtcRequest request = RequestOf(job, batch);
  OmIngredients ingredients;
  ingredients.onnx_sha256 = onnx_sha256;
  ingredients.opset = opset;
  ingredients.soc_version = request.soc_version;
  ingredients.cann_version = job.cann.version.value_or(job.cann.root);
  ingredients.opp_version = job.cann.opp_version.value_or("");
  ingredients.host = HostName();
  ingredients.flags = AtcFlags(request, {"model.onnx", "model", "precision.ini"});
  ingredients.op_precision_modes = OpPrecisionModes(request);
  return ingredients;
}

// The digest of an ONNX file, with the weights beside it if they are there.
Result<std::string> DigestOnnx(const std::string& path) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto file, MappedFile::Open(path));
  std::string digest = Sha256(file.bytes());
  std::error_code ignored;
  if (!fs::exists(path + ".data", ignored)) return digest;
  CONVNEXT_ASSIGN_OR_RETURN(const auto data, MappedFile::Open(path + ".data"));
  const std::string both = digest + Sha256(data.bytes());
  return Sha256(std::as_bytes(std::span(both)));
}

// The model compiled before, at either opset: the older one only if CANN refused the newer.
std::optional<CompiledModel> FindInCache(const Job& job, int64_t batch) {
  for (const int opset : {kOpset, kOlderOpset}) {
    const auto exported = job.onnx.find(opset);
    const auto digest =
        exported != job.onnx.end() ? exported->second : FindOnnxDigest(job.cache, job.source.identity, opset);
    if (!digest) continue;
    std::string damage;
    auto found = FindCompiled(job.cache, IngredientsOf(job, batch, opset, *digest), damage);
    if (found) return found;
    if (!damage.empty())
      ReportProgress(job, fmt::format("not used, compiled again: {}", SafeLine(job.options.machine, damage)));
  }
  return std::nullopt;
}

// Writes the model as ONNX into the work directory, once for all batch sizes.
Status Export(Job& job, int opset) {
  if (job.onnx.contains(opset)) return {};
  if (!job.work) {
    CONVNEXT_RETURN_IF_ERROR(CheckCache(job.cache));
    CONVNEXT_ASSIGN_OR_RETURN(auto work, WorkDirectory::Make(job.cache, job.options.machine));
    job.work = std::move(work);
  }
  ReportProgress(job, fmt::format("exporting the model as ONNX, opset {}", opset));
  CONVNEXT_RETURN_IF_ERROR(job.source.write(opset, OnnxPath(job, opset)));
  CONVNEXT_ASSIGN_OR_RETURN(const auto digest, DigestOnnx(OnnxPath(job, opset)));
  job.onnx[opset] = digest;
  StoreOnnxDigest(job.cache, job.source.identity, opset, digest);
  return {};
}

// The compiled model's file, if atc wrote a whole one.
Result<std::string> ReadAtcOutput(const std::string& output) {
  const auto path = FindAtcOutput(output);
  if (!path) return Invalid("no {}.om", output);
  CONVNEXT_ASSIGN_OR_RETURN(const auto file, MappedFile::Open(*path));
  if (const auto header = ParseOmHeader(file.bytes()); !header.ok()) return header.status();
  return *path;
}

// The audit tells; it does not stop a compiled model from being used, even where it cannot be made.
void Audit(const Machine& machine, const Atc& atc, const std::string& om, const std::string& directory,
           CompiledModel& model) {
  auto audit = AuditPrecision(atc, om, directory);
  model.audited = audit.ok();
  if (!audit.ok()) {
    model.audit_problem = SafeLine(machine, audit.status().message());
    return;
  }
  model.float16_count = audit->float16_count;
  model.float16_operators = std::move(audit->float16_operators);
}

Status BlockedStatus(BlockingReason reason) { return Status(std::vector{std::move(reason)}); }

// Keeps atc's output beside the entry, also after a failure; the reason then says where.
Status FailWithLog(const Job& job, const std::string& key, const std::string& log, BlockingReason reason) {
  const std::string path = fmt::format("{}/{}.log", job.cache, key);
  if (WriteFile(path, log).ok())
    AddToAdvice(reason, Say({"; atc's output: {}", "；atc 的输出：{}"}, SafeLine(job.options.machine, path)));
  return BlockedStatus(std::move(reason));
}

// Compiles in `directory`, which is there for this alone.
Result<CompiledModel> CompileInDirectory(const Job& job, int64_t batch, int opset, const std::string& directory) {
  const CompileOptions& options = job.options;
  const AtcFiles files{OnnxPath(job, opset), directory + "/model", directory + "/precision.ini"};
  const AtcRequest request = RequestOf(job, batch);
  const OmIngredients ingredients = IngredientsOf(job, batch, opset, job.onnx.at(opset));
  CONVNEXT_RETURN_IF_ERROR(WriteFile(files.op_precision_modes, OpPrecisionModes(request)));
  Atc atc = MakeAtc(options.machine, job.cann);
  atc.scratch = job.work->path();

  ReportProgress(job, fmt::format("compiling for {}, batch {}; minutes the first time", options.soc_version, batch));
  const Stopwatch stopwatch;
  const auto run = RunAtc(atc, AtcFlags(request, files), directory, options.timeout_seconds);
  if (!run.ok()) return BlockedStatus(ExplainAtcStart(options.machine, run.status()));
  CompiledModel model;
  model.seconds = stopwatch.Seconds();
  model.log = SafeLines(options.machine, run->output);
  const std::string key = OmKey(ingredients);
  if (run->timed_out || run->exit_code != 0)
    return FailWithLog(job, key, model.log, ExplainAtcFailure(options.machine, *run, options.timeout_seconds));
  const auto om = ReadAtcOutput(files.output);
  if (!om.ok()) return FailWithLog(job, key, model.log, ExplainNoOutput(options.machine, *run, om.status().message()));
  ReportProgress(job, "looking through the compiled graph for float16");
  Audit(options.machine, atc, *om, directory, model);
  CONVNEXT_RETURN_IF_ERROR(StoreCompiled(job.cache, ingredients, *om, model));
  return model;
}

Result<CompiledModel> CompileOpset(Job& job, int64_t batch, int opset) {
  CONVNEXT_RETURN_IF_ERROR(Export(job, opset));
  const std::string directory = fmt::format("{}/batch{}-opset{}", job.work->path(), batch, opset);
  if (::mkdir(directory.c_str(), 0700) != 0)
    return IoError("{}: cannot make it: {}", directory, std::generic_category().message(errno));
  auto model = CompileInDirectory(job, batch, opset, directory);
  std::error_code ignored;
  fs::remove_all(directory, ignored);
  return model;
}

bool LacksOperator(const Status& status) {
  return !status.reasons().empty() && status.reasons()[0].code == kUnknownOperator;
}

// Audits the graph now if that was not possible when it was compiled.
CompiledModel AuditIfMissing(const Job& job, CompiledModel found) {
  if (found.audited || !job.cann.atc) return found;
  const auto work = WorkDirectory::Make(job.cache, job.options.machine);
  if (!work.ok()) return found;
  Audit(job.options.machine, MakeAtc(job.options.machine, job.cann), found.path, work->path(), found);
  return found;
}

// Each batch size becomes a model of its own, not a gear of one: the compiler then chooses kernels for the one shape, a
// batch size that fails does not take the others with it, each is kept by itself, and aclmdlQuerySize tells what a
// model needs. From CANN 8.5 on they share their weights (HasSharedWeights); before, each has its own.
Result<CompiledModel> CompileBatch(Job& job, int64_t batch) {
  if (auto found = FindInCache(job, batch)) return AuditIfMissing(job, *std::move(found));
  if (!job.cann.atc) {
    return BlockedStatus(
        ExplainAtcStart(job.options.machine, Unavailable("there is no atc in {}, nor on the PATH", job.cann.root)));
  }
  CONVNEXT_RETURN_IF_ERROR(Export(job, kOpset));
  const std::string key = OmKey(IngredientsOf(job, batch, kOpset, job.onnx.at(kOpset)));
  const auto waiting = [&job, batch] {
    ReportProgress(job, fmt::format("waiting: another process is compiling the same for {}, batch {}",
                                    job.options.soc_version, batch));
  };
  CONVNEXT_ASSIGN_OR_RETURN(const auto lock,
                            LockCache(job.cache, key, kLockTimeouts * job.options.timeout_seconds, waiting));
  if (auto found = FindInCache(job, batch)) return *std::move(found);  // what that process made
  auto model = CompileOpset(job, batch, kOpset);
  if (model.ok() || !LacksOperator(model.status())) return model;
  ReportProgress(
      job, fmt::format("this CANN does not know an operator at opset {}: once more at opset {}", kOpset, kOlderOpset));
  return CompileOpset(job, batch, kOlderOpset);
}

Status CheckOptions(const CompileOptions& options) {
  if (!IsAtcPath(options.soc_version) || options.soc_version.find_first_of("/.") != std::string::npos) {
    return Invalid("--soc_version \"{}\": expected a name like Ascend910B4", Printable(options.soc_version));
  }
  return {};
}

BlockingReason CannMissing(const Machine& machine) {
  Bilingual roots = Listed(CannRoots(machine));
  for (std::string* text : {&roots.english, &roots.chinese}) *text = SafeLine(machine, *text);
  return MakeReason(
      "npu.cann.missing", Say({"no CANN in {}", "在以下路径中都没有找到 CANN：{}"}, roots),
      Say({"the CANN toolkit, whose atc compiles models, is not installed, or is elsewhere",
           "没有安装 CANN toolkit（其中的 atc 用于转换模型），或装在别处"}),
      Say({"install Ascend-cann-toolkit and the operators of the chip, or source the set_env.sh of the one that "
           "is installed elsewhere",
           "安装 Ascend-cann-toolkit 和该芯片的算子包；如果装在别处，请 source 其 set_env.sh"}));
}

Result<CannInstallation> UsableCann(const CompileOptions& options) {
  const auto cann = FindCann(options.machine);
  if (!cann) return BlockedStatus(CannMissing(options.machine));
  if (const auto reason = UnknownChip(options.machine, *cann, options.soc_version)) return BlockedStatus(*reason);
  if (const auto reason = ExcludedByChip(options)) return BlockedStatus(*reason);
  return *cann;
}

// Absolute, as atc and the lock take it.
Result<std::string> CacheDirectory(const CompileOptions& options) {
  const std::string cache = options.cache.empty() ? DefaultCache(options.machine) : options.cache;
  if (cache.empty()) return Invalid("no directory for compiled models: set XDG_CACHE_HOME or HOME");
  std::error_code error;
  const fs::path absolute = fs::absolute(cache, error);
  if (error) return IoError("{}: {}", Printable(cache, 1000), error.message());
  return absolute.lexically_normal().string();
}

}  // namespace

std::vector<Result<CompiledModel>> CompileSource(const OnnxSource& source, const CompileOptions& options,
                                                 const std::vector<int64_t>& batches) {
  const auto all = [&batches](const Status& status) {
    return std::vector<Result<CompiledModel>>(batches.size(), Result<CompiledModel>(status));
  };
  if (Status status = CheckOptions(options); !status.ok()) return all(status);
  const auto cann = UsableCann(options);
  if (!cann.ok()) return all(cann.status());
  const auto cache = CacheDirectory(options);
  if (!cache.ok()) return all(cache.status());
  Job job{source, options, *cann, *cache};
  std::vector<Result<CompiledModel>> models;
  models.reserve(batches.size());
  for (const int64_t batch : batches) models.push_back(CompileBatch(job, batch));
  return models;
}

}  // namespace convnext
