// convnext eval accuracy, convnext eval performance: measure, and write what was measured.
#include "convnext/eval/eval.h"

#include <iostream>

#include "cli/cli.h"
#include "cli/files.h"
#include "cli/inputs.h"
#include "cli/options.h"
#include "convnext/bundle/bundle.h"

namespace convnext::cli {
namespace {

constexpr const char* kAccuracyExamples = R"(Examples:
  convnext eval accuracy --model_path weights/convnext_base.clip_laion2b --device npu
  convnext eval accuracy --image_path photos/ --num_images 20 --threshold_pct 0.001 --output run
  convnext eval accuracy --image_path a.jpg b.jpg --num_images 2 --reference timm.npy
  convnext eval accuracy --explain

Writes results/accuracy_eval.json, logs/accuracy_eval.log, both sets of vectors and the pictures (raw/), and a line in
logs/run.jsonl. The verdict is max |error| / max |reference| < 1 % for every image; exit code 1 if it failed. The file
for --reference is made by tools/timm_reference.py, with timm on any CPU or GPU.)";

constexpr const char* kPerformanceExamples = R"(Examples:
  convnext eval performance --model_path weights/convnext_base.clip_laion2b --device npu
  convnext eval performance --batch_sizes 1,32 --warmup 5 --runs 50 --min_time 10 --output run
  convnext eval performance --batch_sizes 1 --profile

Writes results/performance_eval.json with every raw time, logs/performance_eval.log, the embeddings of the last runs
(raw/) and a line in logs/run.jsonl. Times are of the synchronised forward pass alone. An unstable run is said, and does
not change the exit code.)";

struct EvalArguments {
  EngineOptions engine;
  EvaluationImages images;
  std::string output = ".";
  AccuracyOptions accuracy;
  Timing timing;
  bool profile = false;
};

// Both commands call this before they measure. `reference`: the file, if there is one.
Result<std::vector<SourcePicture>> Prepare(EvalArguments& arguments, const char* event, const std::string& reference) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto model_path, ModelPath(arguments.engine.model_path));
  arguments.engine.model_path = model_path;
  CONVNEXT_ASSIGN_OR_RETURN(const auto paths, ExpandImagePaths(arguments.images.paths, std::cin));
  CONVNEXT_ASSIGN_OR_RETURN(auto pictures, GatherPictures({paths, arguments.images.count}));
  CommandFiles files;
  files.ReadsModel(model_path);
  files.ReadsDevice(arguments.engine.backend);
  files.ReadsPictures(paths);
  if (reference.ends_with(".npy")) {
    files.Reads("the reference", reference);
    files.Reads("the reference", reference.substr(0, reference.size() - std::string_view(".npy").size()) + ".json");
  }
  files.WritesEvent("--output", arguments.output, event, pictures);
  CONVNEXT_RETURN_IF_ERROR(files.Check());
  return pictures;
}

void PrintWritten(const std::string& output, const char* name) {
  PrintOut("wrote {0}/results/{1}.json, {0}/logs/{1}.log, {0}/raw and {0}/{2}\n", Printable(output, 1000), name,
           kRunLogPath);
}

void PrintWorstChannel(const AccuracyVerdict& verdict) {
  const ChannelError& worst = verdict.worst_channel;
  PrintOut("Worst channel: {}, {:.6f}% of its own size {:.6g}; min cosine sim: {:.10f}\n", worst.channel,
           worst.rel_error_pct, worst.measure, verdict.min_cosine_similarity);
}

Result<int> EvalAccuracy(EvalArguments& arguments) {
  arguments.accuracy.engine = arguments.engine;
  CONVNEXT_RETURN_IF_ERROR(CheckAccuracyOptions(arguments.accuracy));
  CONVNEXT_ASSIGN_OR_RETURN(const auto pictures, Prepare(arguments, kAccuracyEvent, arguments.accuracy.reference));
  arguments.accuracy.engine = arguments.engine;
  arguments.accuracy.progress = ShowStep;
  CONVNEXT_ASSIGN_OR_RETURN(const auto run, MeasureAccuracy(arguments.accuracy, pictures));
  const AccuracyVerdict verdict = AssessAccuracy(run.record, run.reference, run.test);
  Files files = AccuracyFiles(run.record, run.reference, run.test);
  files.merge(PictureFiles(pictures));
  CONVNEXT_RETURN_IF_ERROR(RecordEvent(arguments.output, kAccuracyEvent, ToJson(run.record), files));
  PrintOut("{}", files[kAccuracyLogPath]);
  PrintWorstChannel(verdict);
  PrintWritten(arguments.output, "accuracy_eval");
  return static_cast<int>(verdict.passed() ? kDone : kVerdictFailed);
}

void PrintProfiles(const PerformanceRun& run) {
  if (run.profiles.empty()) PrintOut("{} does not tell where its time goes\n", run.record.device.device);
  for (size_t i = 0; i < run.profiles.size(); ++i) {
    const BatchTimes& times = run.record.batches[i];
    PrintOut("\nbatch {}, {}:\n{}", times.batch_size, Pluralize(times.times_ns.size(), "run"),
             ProfileTable(run.profiles[i], times.batch_size * static_cast<int64_t>(times.times_ns.size()), run.peak));
  }
}

Result<int> EvalPerformance(EvalArguments& arguments) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto pictures, Prepare(arguments, kPerformanceEvent, ""));
  const Timing& timing = arguments.timing;
  CONVNEXT_ASSIGN_OR_RETURN(const auto run,
                            MeasurePerformance({arguments.engine, timing.batch_sizes, timing.warmup, timing.runs,
                                                timing.min_time_sec, ShowStep, arguments.profile},
                                               pictures));
  Files files = PerformanceFiles(run.record, run.embeddings);
  files.merge(PictureFiles(pictures));
  CONVNEXT_RETURN_IF_ERROR(RecordEvent(arguments.output, kPerformanceEvent, ToJson(run.record), files));
  PrintOut("{}", files[kPerformanceLogPath]);
  if (arguments.profile) PrintProfiles(run);
  PrintWritten(arguments.output, "performance_eval");
  return static_cast<int>(kDone);
}

void AddCommon(CLI::App& command, EvalArguments& arguments) {
  AddModelPath(command, arguments.engine);
  AddDevice(command, arguments.engine.backend);
  AddEvaluationImages(command, arguments.images, arguments.engine);
  command.add_option("--output", arguments.output, "DIR for results/, logs/ and raw/")->capture_default_str();
}

std::string CheckThreshold(const std::string& text) {
  const auto value = ParseNumber<double>(text);
  AccuracyOptions options;
  options.threshold_pct = value.value_or(0);
  return value ? CheckAccuracyOptions(options).message() : "\"" + Printable(text) + "\": expected a number";
}

void AddAccuracy(CLI::App& eval, int& exit_code) {
  CLI::App* command = eval.add_subcommand("accuracy", "How far a device's embeddings are from a reference's");
  command->footer(kAccuracyExamples);
  auto arguments = std::make_shared<EvalArguments>();
  AddCommon(*command, *arguments);
  AccuracyOptions& accuracy = arguments->accuracy;
  command
      ->add_option("--reference", accuracy.reference,
                   "cpu-reference, cpu, or FILE.npy (with FILE.json) made by tools/timm_reference.py")
      ->capture_default_str();
  command
      ->add_option(Flag("--threshold_pct"), accuracy.threshold_pct,
                   "the largest relative error must be below this; may only be tightened")
      ->check(CLI::Validator(CheckThreshold, fmt::format("FLOAT in (0 - {}]", kThresholdPct)))
      ->capture_default_str();
  command->add_flag("--explain", accuracy.drift, "measure the drift after each stage, and say where it starts");
  command->callback([arguments, command, &exit_code] {
    if (command->count("--output") == 0) arguments->output = OutputOutsideBundle(arguments->output);
    const auto code = EvalAccuracy(*arguments);
    exit_code = code.ok() ? *code : Fail(code.status());
  });
}

void AddPerformance(CLI::App& eval, int& exit_code) {
  CLI::App* command = eval.add_subcommand("performance", "How long a forward pass takes, at several batch sizes");
  command->footer(kPerformanceExamples);
  auto arguments = std::make_shared<EvalArguments>();
  AddCommon(*command, *arguments);
  AddTiming(*command, arguments->timing);
  command->add_flag("--profile", arguments->profile,
                    "print where the time goes, by layer and stage, and the share of the peak that is reached");
  command->callback([arguments, command, &exit_code] {
    if (command->count("--output") == 0) arguments->output = OutputOutsideBundle(arguments->output);
    const auto code = EvalPerformance(*arguments);
    exit_code = code.ok() ? *code : Fail(code.status());
  });
}

}  // namespace

void AddEval(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("eval", "Measure accuracy or performance");
  command->footer("Examples:\n  convnext eval accuracy --device npu\n  convnext eval performance --device npu");
  command->require_subcommand(1);
  AddAccuracy(*command, exit_code);
  AddPerformance(*command, exit_code);
}

}  // namespace convnext::cli
