// convnext infer: pictures to embeddings, with the log and JSON that prove it.
#include <unistd.h>

#include <cstdio>
#include <iostream>

#include "cli/cli.h"
#include "cli/files.h"
#include "cli/inputs.h"
#include "cli/options.h"
#include "convnext/bundle/bundle.h"
#include "convnext/engine.h"
#include "convnext/eval/eval.h"

namespace convnext::cli {
namespace {

constexpr const char* kInferExamples = R"(Examples:
  convnext infer --image_path photo.jpg
  convnext infer --model_path model.safetensors --image_path a.jpg b.png pictures/ --output embeddings.npy
  find . -name '*.webp' | convnext infer --image_path - --batch_size 8 --normalize --output embeddings.npy
  convnext infer --image_path photo.jpg --json --no_log | jq .l2_norm
  convnext infer --image_path photo.jpg --evidence run
  convnext infer --image_path photo.jpg --profile

The numbers on standard output and in the logs are rounded; --output has all digits.)";

struct InferArguments {
  EngineOptions engine;
  InferenceOptions inference;
  std::vector<std::string> image_paths;
  std::string output_log = "logs/";
  std::string output;
  std::string taps;
  std::string evidence;
  bool json = false;
  bool no_log = false;
  bool profile = false;
};

struct LogPaths {
  std::string json, log;
};

LogPaths FindLogPaths(const std::string& output_log) {
  for (const std::string_view extension : {".json", ".log"}) {
    if (output_log.ends_with(extension)) {
      const std::string stem = output_log.substr(0, output_log.size() - extension.size());
      return {stem + ".json", stem + ".log"};
    }
  }
  const std::string directory = output_log.empty() || output_log.ends_with('/') ? output_log : output_log + "/";
  return {directory + "inference.json", directory + "inference.log"};
}

std::string TapPath(const InferArguments& arguments, std::string_view name) {
  return fmt::format("{}/tap_{}.npy", arguments.taps, name);
}

// A counter that overwrites itself; only where somebody looks at a terminal.
void ShowProgress(size_t done, size_t total) {
  if (total < 2 || ::isatty(STDERR_FILENO) == 0) return;
  constexpr size_t kWidth = 30;
  const size_t filled = done * kWidth / total;
  PrintError("\r[{:=<{}}{:{}}] {}/{}{}", "", filled, "", kWidth - filled, done, total, done == total ? "\r\033[K" : "");
  std::fflush(stderr);
}

Status CheckFiles(const InferArguments& arguments, const std::vector<std::string>& images) {
  CommandFiles files;
  files.ReadsModel(arguments.engine.model_path);
  files.ReadsDevice(arguments.engine.backend);
  files.ReadsPictures(images);
  if (!arguments.no_log) {
    const LogPaths logs = FindLogPaths(arguments.output_log);
    files.Writes("--output_log", logs.json);
    files.Writes("--output_log", logs.log);
  }
  files.Writes("--output", arguments.output, {".npy"});
  if (!arguments.taps.empty()) {
    for (const char* name : kTapNames) files.Writes("--taps", TapPath(arguments, name));
  }
  return files.Check();
}

Status WriteArrays(const InferArguments& arguments, const InferenceResult& result) {
  for (const auto& [name, tensor] : result.taps) {
    CONVNEXT_RETURN_IF_ERROR(WriteNpy(TapPath(arguments, name), tensor.shape, tensor.data));
  }
  if (arguments.output.empty()) return {};
  return WriteNpy(arguments.output, Shape{static_cast<int64_t>(result.images.size()), result.embedding_dim},
                  result.embeddings);
}

Status WriteLogs(const InferArguments& arguments, const std::string& json, const std::string& log) {
  if (arguments.no_log) return {};
  const LogPaths paths = FindLogPaths(arguments.output_log);
  CONVNEXT_RETURN_IF_ERROR(WriteFile(paths.json, json));
  return WriteFile(paths.log, log);
}

void PrintImages(const InferenceResult& result) {
  for (size_t row = 0; row < result.images.size(); ++row) {
    const float* embedding = result.embeddings.data() + row * static_cast<size_t>(result.embedding_dim);
    std::string sample;
    for (int64_t i = 0; i < std::min<int64_t>(8, result.embedding_dim); ++i)
      sample += fmt::format("{}{:.6f}", i > 0 ? ", " : "", embedding[i]);
    PrintOut("{}\n  embedding [{}{}]  ({} numbers, L2 norm {:.6f})\n", Printable(result.images[row].path, 1000), sample,
             result.embedding_dim > 8 ? ", ..." : "", result.embedding_dim, result.images[row].l2_norm);
  }
}

std::string DeviceText(const DeviceFacts& device) {
  if (device.npu_name) return fmt::format("{} ({}), {}", device.device, *device.npu_name, device.dtype);
  return fmt::format("{} ({}, {}), {}", device.device, device.simd_target,
                     Pluralize(static_cast<size_t>(device.threads), "thread"), device.dtype);
}

void PrintSummary(const Engine& engine, const InferArguments& arguments, const InferenceResult& result) {
  PrintOut("model {} on {}\n", engine.model().config.name(), DeviceText(engine.device()));
  PrintImages(result);
  const auto count = static_cast<double>(result.images.size());
  PrintOut("{} in {:.3f} s ({:.2f} pictures/s; forward pass only, after a warm-up), model loaded in {:.2f} s\n",
           Pluralize(result.images.size(), "picture"), result.model_seconds, count / result.model_seconds,
           engine.load_seconds());
  if (engine.model().synthetic)
    PrintOut("SYNTHETIC WEIGHTS: this embedding means nothing; it only shows that the program works\n");
  std::vector<std::string> written;
  if (!arguments.output.empty()) written.push_back(arguments.output);
  if (!arguments.taps.empty()) written.push_back(arguments.taps + "/tap_*.npy");
  if (!arguments.no_log) {
    const LogPaths logs = FindLogPaths(arguments.output_log);
    written.insert(written.end(), {logs.json, logs.log});
  }
  for (const std::string& path : written) PrintOut("wrote {}\n", Printable(path, 1000));
}

// On standard error where standard output is JSON.
void PrintProfile(const Engine& engine, const InferArguments& arguments, const InferenceResult& result) {
  std::FILE* where = arguments.json ? stderr : stdout;
  if (result.profile.threads == 0) {
    PrintTo(where, "{} does not tell where its time goes\n", engine.device().device);
    return;
  }
  PrintTo(where, "\n{}",
          ProfileTable(result.profile, static_cast<int64_t>(result.images.size()), engine.program().MeasurePeak()));
}

// What went wrong with single pictures.
void PrintProblems(const InferenceResult& result) {
  for (const std::string& warning : result.warnings) Warn(warning);
  for (const FailedImage& image : result.failed) Fail(image.status);
}

std::vector<EmbeddingNumbers> ImageNumbers(const InferenceResult& result) {
  const auto dim = static_cast<size_t>(result.embedding_dim);
  std::vector<EmbeddingNumbers> numbers;
  for (size_t row = 0; row < result.images.size(); ++row)
    numbers.push_back(NumbersOf(std::span<const float>(result.embeddings).subspan(row * dim, dim)));
  return numbers;
}

// The files come first: messages may go to a reader who waits, or to nobody.
int Report(const Engine& engine, const InferArguments& arguments, const InferenceResult& result, const Window& window) {
  if (result.images.empty()) return PrintProblems(result), kWrongUse;
  const InferenceRecord record = DescribeInference(engine, arguments.inference, result, window);
  const auto numbers = ImageNumbers(result);
  const std::string json = InferenceJson(record, numbers);
  Status written = WriteArrays(arguments, result);
  if (written.ok()) written = WriteLogs(arguments, json, InferenceLog(record, numbers));
  PrintProblems(result);
  if (!written.ok()) return Fail(written);
  if (arguments.json) {
    PrintOut("{}", json);
  } else {
    PrintSummary(engine, arguments, result);
  }
  if (arguments.profile) PrintProfile(engine, arguments, result);
  if (result.failed.empty()) return kDone;
  return Fail(
      Invalid("{} failed; the other {} done", Pluralize(result.failed.size(), "picture"), result.images.size()));
}

// Records the run for `convnext report`, with copies of the pictures.
Status InferForEvidence(const InferArguments& arguments, const std::vector<std::string>& images) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto pictures, GatherPictures({images, static_cast<int64_t>(images.size())}));
  CommandFiles paths;
  paths.ReadsModel(arguments.engine.model_path);
  paths.ReadsDevice(arguments.engine.backend);
  paths.ReadsPictures(images);
  paths.WritesEvent("--evidence", arguments.evidence, kInferenceEvent, pictures);
  CONVNEXT_RETURN_IF_ERROR(paths.Check());
  CONVNEXT_ASSIGN_OR_RETURN(const auto run, MeasureInference(arguments.engine, arguments.inference, pictures));
  Files files = InferenceFiles(run.record, run.embeddings);
  files.merge(PictureFiles(pictures));
  CONVNEXT_RETURN_IF_ERROR(RecordEvent(arguments.evidence, kInferenceEvent, ToJson(run.record), files));
  PrintOut("{}", files[kInferenceLogPath]);
  PrintOut("wrote {0}/logs/inference.json, {0}/logs/inference.log and {0}/raw\n", Printable(arguments.evidence, 1000));
  return {};
}

int Infer(InferArguments arguments) {
  const auto model_path = ModelPath(arguments.engine.model_path);
  if (!model_path.ok()) return Fail(model_path.status());
  arguments.engine.model_path = *model_path;
  auto images = ExpandImagePaths(arguments.image_paths, std::cin);
  if (!images.ok()) return Fail(images.status());
  if (!arguments.evidence.empty()) {
    const Status status = InferForEvidence(arguments, *images);
    return status.ok() ? kDone : Fail(status);
  }
  if (Status status = CheckFiles(arguments, *images); !status.ok()) return Fail(status);

  const WindowTimer timer;
  arguments.engine.batch_sizes = {
      std::min(arguments.inference.batch_size, std::max<int64_t>(1, static_cast<int64_t>(images->size())))};
  arguments.engine.progress = ShowStep;
  const auto engine = OpenEngine(arguments.engine);
  if (!engine.ok()) return Fail(engine.status());
  for (const std::string& note : engine->model().config.notes) Warn(note);
  arguments.inference.images = *std::move(images);
  arguments.inference.taps = !arguments.taps.empty();
  arguments.inference.progress = ShowProgress;
  const auto result = RunInference(*engine, arguments.inference);
  if (!result.ok()) return Fail(result.status());
  return Report(*engine, arguments, *result, timer.Finish());
}

}  // namespace

void AddInfer(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("infer", "Embed pictures");
  command->footer(kInferExamples);
  auto arguments = std::make_shared<InferArguments>();
  InferArguments& a = *arguments;
  AddModelPath(*command, a.engine);
  command
      ->add_option(
          Flag("--image_path"), a.image_paths,
          "pictures (" + PictureFormatNames() +
              "), directories (recursive, sorted), '-' (a list on standard input), or FILE.npy with normalised float32 "
              "[N,3,H,W]")
      ->required();
  AddImageSize(*command, a.engine.image_size);
  AddDevice(*command, a.engine.backend);
  AddWeightsCache(*command, a.engine.backend);
  a.inference.batch_size = 4;
  command
      ->add_option(Flag("--batch_size"), a.inference.batch_size,
                   "pictures per forward pass; on a CPU it does not change the numbers")
      ->check(InBounds(kBatchSizes))
      ->capture_default_str();
  command
      ->add_option(Flag("--output_log"), a.output_log,
                   "DIR for inference.json and inference.log, or FILE.json or FILE.log")
      ->capture_default_str();
  command->add_flag(Flag("--no_log"), a.no_log, "do not write inference.json and inference.log");
  command->add_option("--output", a.output, "FILE.npy for the embeddings, float32 [N,640]");
  command->add_flag("--normalize", a.inference.normalize, "divide each embedding by its L2 norm");
  command->add_option("--taps", a.taps,
                      "DIR for the activations after the stem, each stage and the head norm, as NCHW .npy");
  command->add_flag("--json", a.json, "print inference.json instead of the summary");
  command->add_flag(Flag("--device_preprocess"), a.engine.backend.device_preprocess,
                    "NPU: copy 8-bit pictures, a quarter of the bytes, and normalise them on the device");
  AddDecoding(*command, a.engine.decode);
  command->add_flag("--profile", a.profile,
                    "print where the time of the forward passes goes, by layer and stage, and the share of the peak");
  command->add_flag(Flag("--fail_fast"), a.inference.fail_fast, "stop at the first picture that fails");
  auto* evidence = command->add_option(
      "--evidence", a.evidence, "DIR: record the run there (logs/, raw/ with the pictures), for convnext report");
  std::string excludes = "TEXT Excludes:";  // CLI11 would list them in the order of their addresses
  for (const char* other :
       {"--output_log", "--no_log", "--output", "--taps", "--json", "--profile", "--device_preprocess"}) {
    evidence->excludes(command->get_option(other));
    excludes.append(" ").append(other);
  }
  evidence->option_text(excludes);
  command->callback([arguments, command, &exit_code] {
    if (command->count("--output_log") == 0) arguments->output_log = OutputOutsideBundle(arguments->output_log);
    exit_code = Infer(*arguments);
  });
}

}  // namespace convnext::cli
