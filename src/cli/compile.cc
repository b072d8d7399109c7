// convnext compile: the model compiled for an Ascend chip, with or without one at hand.
#include "convnext/ascend/compile/compile.h"

#include <fmt/ranges.h>

#include <filesystem>

#include "cli/cli.h"
#include "cli/files.h"
#include "cli/options.h"
#include "convnext/ascend/host/host.h"
#include "convnext/engine.h"

namespace convnext::cli {
namespace {

constexpr const char* kCompileExamples = R"(Examples:
  convnext compile --soc_version Ascend910B4
  convnext compile --model_path weights/convnext_base.clip_laion2b --soc_version Ascend910_9362 --batch 1,8 --output om
  convnext compile --soc_version Ascend310P3 --dtype float32-reduced

Needs the CANN toolkit (atc) with the operators of the chip, but no NPU and no driver. --device npu compiles by itself
what is not there yet, into the same cache. Each batch size is a model of its own. A model takes minutes the first time.
After compiling, the graph is searched for float16: "dtype" below is what was found, not what was asked for.)";

struct CompileArguments {
  EngineOptions engine;
  CompileOptions compile;
  std::vector<int64_t> batches = {1, 4, 8, 16};
  std::string output;
};

// As part of a file name; the config's tag may hold anything.
std::string FileName(const std::string& name) {
  std::string safe = name;
  for (char& c : safe) {
    if (!IsNameCharacter(c)) c = '_';
  }
  return safe;
}

Status Copy(const std::string& from, const std::string& to) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto file, MappedFile::Open(from));
  return WriteFile(to, [&](const WriteBytes& write) { return write(file.bytes()); });
}

void Print(const CompiledModel& model, int64_t batch, const CompileOptions& options, const std::string& path) {
  PrintOut("batch {:<4} dtype {}, opset {}, {:.1f} MB, {}\n           {}\n", batch,
           Name(ComputedPrecision(options.precision, model)), model.opset, static_cast<double>(model.om_bytes) / 1e6,
           model.cached ? "compiled before" : fmt::format("compiled in {:.0f} s", model.seconds),
           Printable(path, 1000));
}

// float32 was asked for: what the audit found against it.
void WarnOfPrecision(const CompiledModel& model, int64_t batch, const CompileOptions& options) {
  if (options.precision != Precision::kFloat32) return;
  if (!model.audited)
    Warn(fmt::format("batch {}: whether the graph keeps float32 could not be seen: {}", batch, model.audit_problem));
  if (model.float16_count == 0) return;
  Warn(fmt::format("batch {}: float16 in {} of the compiled graph: {}{}", batch,
                   Pluralize(static_cast<size_t>(model.float16_count), "operator"),
                   fmt::join(model.float16_operators, ", "),
                   static_cast<size_t>(model.float16_count) > model.float16_operators.size() ? ", ..." : ""));
}

// Where --output has the model of a batch size.
std::string OutputPath(const CompileArguments& arguments, const std::string& name, int64_t batch) {
  const CompileOptions& options = arguments.compile;
  const std::string file = fmt::format("{}.{}.{}.{}.b{}.om", FileName(name), FileName(options.soc_version),
                                       Name(options.precision), options.height, batch);
  return (std::filesystem::path(arguments.output) / file).string();
}

Status CheckFiles(const CompileArguments& arguments, const std::string& model_path, const std::string& name) {
  if (arguments.output.empty()) return {};
  CONVNEXT_RETURN_IF_ERROR(MakeDirectories(arguments.output));
  CommandFiles files;
  files.ReadsModel(model_path);
  for (const int64_t batch : arguments.batches) files.Writes("--output", OutputPath(arguments, name, batch));
  return files.Check();
}

// Models of several batch sizes have the same.
Status CopyWeights(const CompiledModel& model, const std::string& path) {
  for (const auto& [name, digest] : model.weights) {
    const std::string to = WeightPath(path, name);
    CONVNEXT_RETURN_IF_ERROR(MakeDirectories(std::filesystem::path(to).parent_path()));
    CONVNEXT_RETURN_IF_ERROR(Copy(WeightPath(model.path, name), to));
  }
  return {};
}

Status Report(const CompiledModel& model, int64_t batch, const std::string& name, const CompileArguments& arguments) {
  std::string path = model.path;
  if (!arguments.output.empty()) {
    path = OutputPath(arguments, name, batch);
    CONVNEXT_RETURN_IF_ERROR(Copy(model.path, path));
    CONVNEXT_RETURN_IF_ERROR(CopyWeights(model, path));
  }
  Print(model, batch, arguments.compile, path);
  WarnOfPrecision(model, batch, arguments.compile);
  return {};
}

// All batch sizes are tried; the first failure is the command's.
Status ReportAll(const std::vector<Result<CompiledModel>>& models, const std::string& name,
                 const CompileArguments& arguments) {
  Status first;
  for (size_t i = 0; i < models.size(); ++i) {
    const int64_t batch = arguments.batches[i];
    Status status = models[i].ok() ? Report(*models[i], batch, name, arguments) : models[i].status();
    if (status.ok()) continue;
    if (first.ok()) {
      first = status.Prefixed(fmt::format("batch {}", batch));
    } else if (status.message() != models[i - 1].status().message()) {
      Warn(fmt::format("batch {}: {}", batch, status.message()));
    }
  }
  return first;
}

Status Compile(CompileArguments& arguments) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto path, ModelPath(arguments.engine.model_path));
  CONVNEXT_ASSIGN_OR_RETURN(const auto model, OpenModel(path));
  CompileOptions& options = arguments.compile;
  options.progress = ShowStep;
  const ImageSize size = arguments.engine.image_size.value_or(model.config.preprocessing.image_size);
  options.height = size.height;
  options.width = size.width;
  CONVNEXT_RETURN_IF_ERROR(CheckFiles(arguments, path, model.config.name()));
  return ReportAll(CompileModels(model, options, arguments.batches), model.config.name(), arguments);
}

}  // namespace

void AddCompile(CLI::App& app, int& exit_code) {
  CLI::App* command =
      app.add_subcommand("compile", "Compile the model for an Ascend chip (CANN's atc), also without one");
  command->footer(kCompileExamples);
  auto arguments = std::make_shared<CompileArguments>();
  CompileArguments& a = *arguments;
  AddModelPath(*command, a.engine);
  command->add_option(Flag("--soc_version"), a.compile.soc_version, "the chip, as CANN names it: Ascend910B4")
      ->required();
  AddNumbers(*command, "--batch", a.batches, kBatchSizes, "batch sizes, as 1,4,8,16");
  AddImageSize(*command, a.engine.image_size);
  AddPrecision(
      *command, a.compile.precision, [] { return DeviceKind::kNpu; }, PrecisionChoices(DeviceKind::kNpu));
  command->add_option("--output", a.output, "DIR to copy the compiled models to, as NAME.CHIP.DTYPE.SIZE.b1.om");
  command->add_option("--cache", a.compile.cache, "DIR for compiled models [XDG_CACHE_HOME/convnext/ascend]");
  command->add_option("--timeout", a.compile.timeout_seconds, "seconds that one compilation may take")
      ->check(InBounds(kCompileSeconds))
      ->capture_default_str();
  command->callback([arguments, &exit_code] {
    const Status status = Compile(*arguments);
    exit_code = status.ok() ? kDone : Fail(status);
  });
}

}  // namespace convnext::cli
