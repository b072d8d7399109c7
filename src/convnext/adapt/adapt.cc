#include "convnext/adapt/adapt.h"

#include <nlohmann/json.hpp>

#include "convnext/adapt/model.h"
#include "convnext/adapt/output.h"
#include "convnext/eval/eval.h"
#include "convnext/json/json.h"

namespace convnext {
namespace {

using Json = nlohmann::ordered_json;

struct Job {
  AdaptOptions options;
  std::string requested_device;  // options.engine has the device that runs
  std::vector<SourcePicture> pictures;
  JobModel model;
  Files programs;  // that the bundle will carry
  std::vector<BlockingReason> blocked;
};

// The outcome of a phase: its record, and the files that it leaves.
struct Measured {
  Json record;
  Files files;
};

void ReportProgress(const Job& job, const std::string& step) {
  if (job.options.progress) job.options.progress(step);
}

// Whether each batch size really runs: a kernel may fail where loading did not.
Status TryBatches(const Engine& engine, const std::vector<int64_t>& batch_sizes) {
  const ImageSize& size = engine.model().config.preprocessing.image_size;
  for (const int64_t N : batch_sizes) {
    const AlignedVector<float> black(static_cast<size_t>(N * size.height * size.width * 3), 0.0F);
    std::vector<float> embeddings(static_cast<size_t>(N * engine.embedding_dim()));
    CONVNEXT_RETURN_IF_ERROR(engine.Embed({black, N, size.height, size.width}, embeddings).status());
  }
  return {};
}

// Finds whether the device that was asked for can run, and why not; the CPU then runs in its place.
Status FindDevice(Job& job) {
  if (!IsNpu(job.requested_device)) return {};
  EngineOptions opening = job.options.engine;  // all that will run is compiled now
  opening.batch_sizes = job.options.batch_sizes;
  opening.batch_sizes.push_back(1);
  opening.progress = job.options.progress;
  auto engine = OpenEngine(opening);
  Status status = engine.ok() ? TryBatches(*engine, opening.batch_sizes) : engine.status();
  if (status.code() != Code::kUnavailable) return status;
  job.blocked = status.reasons();
  if (job.blocked.empty())
    job.blocked.push_back(MakeReason("npu.unavailable", Same(status.message()),
                                     Say({"the device did not start", "设备没有启动"}),
                                     Say({"read the symptom, mend it, and run convnext env --device {}",
                                          "根据现象排除故障，然后运行 convnext env --device {}"},
                                         job.requested_device)));
  job.options.engine.backend = {.device = "cpu", .threads = job.options.engine.backend.threads};
  return {};
}

AdaptRecord DescribeJob(const Job& job) {
  const AdaptOptions& options = job.options;
  AdaptRecord record;
  record.tool = CurrentTool();
  record.requested_device = job.requested_device;
  record.device = options.engine.backend.device;
  record.dtype = Name(options.engine.backend.dtype);
  record.threads = options.engine.backend.threads;
  record.simd_target = options.engine.backend.simd_target;
  record.image_size = options.engine.image_size.value_or(ImageSize{});
  record.weights_sha256 = job.model.facts().weights_sha256;
  if (const auto om = MappedFile::Open(options.engine.backend.om_path); om.ok()) record.om_sha256 = Sha256(om->bytes());
  record.inputs = Digests(PictureFiles(job.pictures));
  record.exif_orientation = Name(options.engine.decode.orientation);
  record.batch_sizes = options.batch_sizes;
  record.warmup = options.warmup;
  record.runs = options.runs;
  record.min_time_sec = options.min_time_sec;
  record.with_host_identity = options.with_host_identity;
  return record;
}

Result<Measured> MeasureEnvironment(const Job& job) {
  EnvironmentOptions options;
  options.device = job.requested_device;
  options.model = job.model.facts();
  options.with_host_identity = job.options.with_host_identity;
  EnvironmentRecord record = CollectEnvironment(options);
  // The reasons found by running say more than those that could be foreseen.
  if (IsNpu(job.requested_device)) record.blocking_reasons = job.blocked;
  if (record.blocking_reasons.empty() && !IsNpu(job.requested_device)) {
    record.blocking_reasons.push_back(
        MakeReason("npu.not_requested", Say({"the device asked for was {}", "指定的设备为 {}"}, job.requested_device),
                   Say({"the NPU of this host was left alone", "没有使用本机的 NPU"}),
                   Say({"run convnext adapt --device npu", "运行 convnext adapt --device npu"})));
  }
  return Measured{ToJson(record), EnvironmentFiles(record)};
}

AccuracyOptions AccuracyOf(const Job& job) {
  AccuracyOptions options;
  options.engine = job.options.engine;
  options.progress = [&job](const std::string& step) { ReportProgress(job, "accuracy: " + step); };
  return options;
}

PerformanceOptions PerformanceOf(const Job& job) {
  const AdaptOptions& o = job.options;
  return {o.engine, o.batch_sizes,  o.warmup,
          o.runs,   o.min_time_sec, [&job](const std::string& step) { ReportProgress(job, "performance: " + step); }};
}

// Errors that would come later come here, before anything is written.
Status CheckJob(const Job& job) {
  if (const auto backend = MakeBackend(job.options.engine.backend); !backend.ok()) return backend.status();
  CONVNEXT_RETURN_IF_ERROR(CheckReportOptions(job.options.report));
  CONVNEXT_RETURN_IF_ERROR(CheckAccuracyOptions(AccuracyOf(job)));
  CONVNEXT_RETURN_IF_ERROR(CheckPerformanceOptions(PerformanceOf(job)));
  if (job.options.runs < static_cast<int64_t>(kMinRuns) || job.options.warmup < static_cast<int64_t>(kMinWarmup)) {
    return Invalid("--runs {} and --warmup {}: a bundle takes at least {} and {}", job.options.runs, job.options.warmup,
                   kMinRuns, kMinWarmup);
  }
  CONVNEXT_ASSIGN_OR_RETURN(const auto config, ParseConfig(job.model.facts().config, "the model's config"));
  const Preprocessor preprocessor(config.preprocessing, job.options.engine.decode);
  for (const SourcePicture& picture : job.pictures) {
    CONVNEXT_RETURN_IF_ERROR(preprocessor.Load(std::as_bytes(std::span(picture.bytes)), picture.path).status());
  }
  return {};
}

Result<Measured> MeasureFirstPicture(const Job& job) {
  const std::vector<SourcePicture> first(job.pictures.begin(), job.pictures.begin() + 1);
  CONVNEXT_ASSIGN_OR_RETURN(const auto run, MeasureInference(job.options.engine, {}, first));
  return Measured{ToJson(run.record), InferenceFiles(run.record, run.embeddings)};
}

Result<Measured> MeasureErrors(const Job& job) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto run, MeasureAccuracy(AccuracyOf(job), job.pictures));
  return Measured{ToJson(run.record), AccuracyFiles(run.record, run.reference, run.test)};
}

Result<Measured> MeasureTimes(const Job& job) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto run, MeasurePerformance(PerformanceOf(job), job.pictures));
  return Measured{ToJson(run.record), PerformanceFiles(run.record, run.embeddings)};
}

struct Phase {
  const char* event;
  Result<Measured> (*measure)(const Job& job);
};
constexpr Phase kPhases[] = {{kEnvironmentEvent, MeasureEnvironment},
                             {kInferenceEvent, MeasureFirstPicture},
                             {kAccuracyEvent, MeasureErrors},
                             {kPerformanceEvent, MeasureTimes}};

// Runs a phase and records it, unless an earlier run has.
Status RunPhase(const Phase& phase, Job& job, Output& output) {
  if (output.IsRecorded(phase.event)) {
    ReportProgress(job, std::string(phase.event) + ": done before");
    return {};
  }
  ReportProgress(job, phase.event);
  CONVNEXT_ASSIGN_OR_RETURN(const auto measured, phase.measure(job));
  CONVNEXT_RETURN_IF_ERROR(job.model.CheckUnchanged());
  return output.Record(phase.event, measured.record, measured.files);
}

Status Report(const Job& job, const Output& output) {
  const ReportRecord report = DescribeReport(job.options.report, job.programs);
  if (output.IsReported(report)) {
    ReportProgress(job, "report: done before");
    return {};
  }
  ReportProgress(job, kReportEvent);
  Files files = output.files();
  for (const auto& [path, bytes] : job.programs) files[path] = bytes;
  CONVNEXT_ASSIGN_OR_RETURN(const auto bundle, AssembleBundle(files, report));
  return WriteBundle(job.options.output, bundle);
}

// Checks the files on the disk, not those in memory.
Result<AdaptOutcome> CheckWrittenBundle(const Job& job) {
  ReportProgress(job, "check");
  CONVNEXT_ASSIGN_OR_RETURN(const auto directory, ReadDirectory(job.options.output));
  AdaptOutcome outcome;
  outcome.blocked = job.blocked;
  outcome.check = CheckBundle(directory);
  const auto accuracy = ParseJson(directory.files.at(kAccuracyJsonPath));
  outcome.accuracy_passed = accuracy.ok() && accuracy->value("all_pass_lt_1pct", false);
  return outcome;
}

}  // namespace

Result<AdaptOutcome> Adapt(const AdaptOptions& options) {
  CONVNEXT_ASSIGN_OR_RETURN(auto pictures, GatherPictures({options.image_paths, options.num_images}));
  CONVNEXT_ASSIGN_OR_RETURN(auto model, JobModel::Open(options.engine.model_path, options.engine.image_size));
  Job job{options, options.engine.backend.device, std::move(pictures), std::move(model), {}, {}};
  if (options.with_program) {
    CONVNEXT_ASSIGN_OR_RETURN(job.programs, GatherPrograms(*options.with_program));
  }
  job.options.engine.open_model = job.model.file();
  CONVNEXT_RETURN_IF_ERROR(CheckJob(job));
  CONVNEXT_ASSIGN_OR_RETURN(const auto lock, LockOutput(options.output));
  CONVNEXT_RETURN_IF_ERROR(FindDevice(job));
  CONVNEXT_ASSIGN_OR_RETURN(
      auto output, Output::Begin(options.output, options.force, ToJson(DescribeJob(job)), PictureFiles(job.pictures)));
  for (const Phase& phase : kPhases) {
    CONVNEXT_RETURN_IF_ERROR(RunPhase(phase, job, output));
  }
  CONVNEXT_RETURN_IF_ERROR(Report(job, output));
  return CheckWrittenBundle(job);
}

}  // namespace convnext
