// convnext env: where a model is to run, and what keeps it from an NPU.
#include <fmt/ranges.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/cli.h"
#include "cli/files.h"
#include "convnext/bundle/bundle.h"
#include "convnext/engine.h"
#include "convnext/eval/eval.h"
#include "convnext/json/json.h"

namespace convnext::cli {
namespace {

constexpr const char* kEnvExamples = R"(Examples:
  convnext env
  convnext env --model_path weights/convnext_base.clip_laion2b --device npu --output bundle
  convnext env --json | jq .blocking_reasons
  convnext env --compare bundle/results/env_info.json results/env_info.json

Writes results/env_info.json and logs/env_check.log below --output, without passwords, tokens, home directories, host
and user names. Exit code 3 if --device is an NPU that cannot be used (the files are written and say why), 1 if
--compare finds a difference (the timestamp is shown, but does not count).)";

constexpr size_t kMaxJsonBytes = size_t{4} << 20;

struct EnvArguments {
  EnvironmentOptions environment;
  std::string model_path;
  std::string output = ".";
  bool json = false;
  std::vector<std::string> compare;
};

Status CheckDevice(const std::string& device) {
  BackendOptions options;
  options.device = device;
  return MakeBackend(options).status();
}

Result<EnvironmentRecord> Collect(const EnvArguments& arguments) {
  EnvironmentOptions options = arguments.environment;
  if (!arguments.model_path.empty()) {
    CONVNEXT_ASSIGN_OR_RETURN(const auto model, OpenModel(arguments.model_path));
    options.model = DescribeModel(DescribeModelFile(model));
  }
  return CollectEnvironment(options);
}

void PrintModel(const ModelFacts& model) {
  PrintOut("model     {}, {} parameters{}\n", model.name, model.parameters,
           model.synthetic ? ", SYNTHETIC WEIGHTS" : "");
}

void PrintNpu(const EnvironmentRecord& record) {
  PrintOut("NPU       {}; driver {}; CANN {}\n", record.npu_count > 0 ? std::to_string(record.npu_count) : "none",
           record.driver_version.value_or("not found"), record.cann_version.value_or("not found"));
  if (record.npu_name) PrintOut("          {}\n", *record.npu_name);
  if (NpuAvailable(record)) PrintOut("usable    yes\n");
  for (const BlockingReason& reason : record.blocking_reasons) {
    PrintOut("blocked   {}\n  found   {}\n  cause   {}\n  do      {}\n", reason.code, reason.symptom, reason.cause,
             reason.advice);
  }
}

void PrintSummary(const EnvironmentRecord& record) {
  PrintOut("system    {} ({})\n", record.os, HostText(record, GlibcFloor()));
  PrintOut("processor {}: {} usable of {}, {:.1f} GiB of memory\n", record.cpu_model, record.usable_cores,
           Pluralize(static_cast<size_t>(record.cores), "core"), static_cast<double>(record.memory_bytes) / (1 << 30));
  PrintOut("SIMD      {}\n", fmt::join(record.simd_targets, ", "));
  PrintOut("program   convnext {}, commit {}, {}\n", record.tool.version, record.tool.commit, record.compiler);
  if (record.git) {
    PrintOut("git       {}, {}{}\n", record.git->branch,
             record.git->commit.empty() ? "no commit yet" : record.git->commit,
             record.git->dirty ? ", with uncommitted changes" : "");
  }
  if (record.model) PrintModel(*record.model);
  PrintNpu(record);
}

// An NPU that was asked for and cannot be used is an error, after all has been written and printed.
int Verdict(const EnvironmentRecord& record) {
  if (!IsNpu(record.requested_device) || NpuAvailable(record)) return kDone;
  std::vector<std::string> codes;
  for (const BlockingReason& reason : record.blocking_reasons) codes.push_back(reason.code);
  return Fail(Unavailable("device {} cannot be used: {}", record.requested_device, fmt::join(codes, ", ")));
}

Status CheckFiles(const EnvArguments& arguments) {
  CommandFiles files;
  if (!arguments.model_path.empty()) files.ReadsModel(arguments.model_path);
  files.WritesEvent("--output", arguments.output, kEnvironmentEvent, {});
  return files.Check();
}

int CheckEnvironment(const EnvArguments& arguments) {
  if (Status status = CheckDevice(arguments.environment.device); !status.ok()) return Fail(status);
  if (Status status = CheckFiles(arguments); !status.ok()) return Fail(status);
  const auto record = Collect(arguments);
  if (!record.ok()) return Fail(record.status());
  const Files files = EnvironmentFiles(*record);
  if (Status status = RecordEvent(arguments.output, kEnvironmentEvent, ToJson(*record), files); !status.ok())
    return Fail(status);
  if (arguments.json) {
    PrintOut("{}", files.at(kEnvironmentJsonPath));
  } else {
    PrintSummary(*record);
    for (const auto& [path, text] : files) {
      PrintOut("wrote     {}\n",
               Printable((std::filesystem::path(arguments.output) / path).lexically_normal().string(), 1000));
    }
  }
  return Verdict(*record);
}

Result<nlohmann::ordered_json> ReadEnvironment(const std::string& path) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto bytes, ReadFile(path, kMaxJsonBytes));
  auto json = ParseJson({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (!json.ok()) return json.status().Prefixed(Printable(path, 1000));
  if (!json->is_object()) return Invalid("{}: expected an object, as in env_info.json", Printable(path, 1000));
  return json;
}

int CompareFiles(const std::string& a_path, const std::string& b_path) {
  const auto a = ReadEnvironment(a_path), b = ReadEnvironment(b_path);
  if (!a.ok()) return Fail(a.status());
  if (!b.ok()) return Fail(b.status());
  size_t count = 0;
  for (const FieldDifference& difference : CompareEnvironments(*a, *b)) {
    const bool differs = difference.a.empty();
    PrintOut("{}: {}{}{}\n", difference.field, difference.a, differs ? "differs" : " -> ", difference.b);
    count += difference.field == "timestamp" ? 0 : 1;
  }
  PrintOut("{}\n", count == 0 ? "no difference" : Pluralize(count, "field") + (count == 1 ? " differs" : " differ"));
  return count == 0 ? kDone : kVerdictFailed;
}

int RunEnv(const CLI::App& command, const EnvArguments& arguments) {
  const std::vector<std::string>& files = arguments.compare;
  if (files.empty()) return CheckEnvironment(arguments);
  for (const CLI::Option* option : command.get_options()) {
    if (option->count() > 0 && option->get_name() != "--compare")
      return Fail(Invalid("{} has no meaning beside --compare", option->get_name()));
  }
  return CompareFiles(files[0], files[1]);
}

}  // namespace

void AddEnv(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("env", "Record the environment, and what keeps a model from an NPU");
  command->footer(kEnvExamples);
  auto arguments = std::make_shared<EnvArguments>();
  EnvArguments& a = *arguments;
  command->add_option(Flag("--model_path"), a.model_path, "FILE.safetensors or a model directory, to record it too");
  command->add_option("--device", a.environment.device, "cpu, cpu-reference, npu, npu:K, npu:K,npu:L or npu:all")
      ->capture_default_str();
  command->add_option("--output", a.output, "DIR for results/env_info.json and logs/env_check.log")
      ->capture_default_str();
  command->add_flag(Flag("--with_host_identity"), a.environment.with_host_identity,
                    "record the names of host, user and directory too");
  command->add_flag("--json", a.json, "print env_info.json instead of the summary");
  command->add_option("--compare", a.compare, "A.json B.json: print the fields that differ; write nothing")
      ->expected(2);
  command->callback([arguments, command, &exit_code] {
    if (command->count("--output") == 0) arguments->output = OutputOutsideBundle(arguments->output);
    exit_code = RunEnv(*command, *arguments);
  });
}

}  // namespace convnext::cli
