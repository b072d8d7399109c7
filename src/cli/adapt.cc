// convnext adapt: the whole job in one command.
#include "convnext/adapt/adapt.h"

#include <iostream>

#include "cli/cli.h"
#include "cli/files.h"
#include "cli/inputs.h"
#include "cli/options.h"

namespace convnext::cli {
namespace {

constexpr const char* kAdaptExamples = R"(Examples:
  convnext adapt --model_path weights/convnext_base.clip_laion2b --device npu --output bundle
  convnext adapt --device cpu --output bundle --image_path photos/ --num_images 8
  convnext adapt --device npu --output bundle --repository_url https://gitcode.com/me/convnext_adapt
  convnext adapt --device npu --output bundle --with_program dist --source_url https://gitcode.com/me/convnext.cpp

Environment, inference, accuracy, performance, report and check, one after the other. A run that was interrupted goes on
where it stopped when it is started again with the same arguments. Where the NPU cannot be used, the CPU is measured in
its place, under its own name, and the reasons are recorded.
Exit codes: 0 done; 1 the accuracy or the check failed; 3 the NPU that was asked for could not be used (the bundle is
complete and says why).)";

struct AdaptArguments {
  AdaptOptions adapt;
  EvaluationImages images;
  Timing timing;
  std::vector<std::string> with_program;
};

Status CheckFiles(const AdaptOptions& options) {
  CommandFiles files;
  files.ReadsModel(options.engine.model_path);
  files.ReadsDevice(options.engine.backend);
  files.ReadsPictures(options.image_paths);
  for (const std::string& path : options.with_program.value_or(std::vector<std::string>()))
    files.Reads("a program for the bundle", path);
  files.WritesBundle("--output", options.output);
  return files.Check();
}

Status CompleteOptions(AdaptArguments& arguments) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto model_path, ModelPath(arguments.adapt.engine.model_path));
  arguments.adapt.engine.model_path = model_path;
  CONVNEXT_ASSIGN_OR_RETURN(const auto paths, ExpandImagePaths(arguments.images.paths, std::cin));
  arguments.adapt.image_paths = paths;
  arguments.adapt.num_images = arguments.images.count;
  arguments.adapt.batch_sizes = arguments.timing.batch_sizes;
  arguments.adapt.warmup = arguments.timing.warmup;
  arguments.adapt.runs = arguments.timing.runs;
  arguments.adapt.min_time_sec = arguments.timing.min_time_sec;
  arguments.adapt.progress = ShowStep;
  return CheckFiles(arguments.adapt);
}

int ExitCodeOf(const AdaptOutcome& outcome) {
  if (!outcome.accuracy_passed || !outcome.check.passed()) return kVerdictFailed;
  return outcome.blocked.empty() ? kDone : kDeviceUnavailable;
}

int RunAdapt(AdaptArguments& arguments) {
  if (Status status = CompleteOptions(arguments); !status.ok()) return Fail(status);
  const auto outcome = Adapt(arguments.adapt);
  if (!outcome.ok()) return Fail(outcome.status());
  PrintOut("{}", CheckTable(outcome->check));
  PrintOut("accuracy {}\n", outcome->accuracy_passed ? "PASS" : "FAIL");
  for (const BlockingReason& reason : outcome->blocked)
    PrintOut("NPU blocked, {}: {}. {}\n", reason.code, reason.symptom, reason.advice);
  if (!outcome->blocked.empty()) PrintOut("every number in the bundle is the CPU's\n");
  PrintOut("wrote {}; read {}/README.md or README.en.md\n", Printable(arguments.adapt.output, 1000),
           Printable(arguments.adapt.output, 1000));
  return ExitCodeOf(*outcome);
}

}  // namespace

void AddAdapt(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("adapt", "Measure everything and write the bundle of evidence");
  command->footer(kAdaptExamples);
  auto arguments = std::make_shared<AdaptArguments>();
  AdaptOptions& a = arguments->adapt;
  AddModelPath(*command, a.engine);
  a.engine.backend.device = "npu";
  AddDevice(*command, a.engine.backend);
  AddEvaluationImages(*command, arguments->images, a.engine);
  AddTiming(*command, arguments->timing);
  command->add_option("--output", a.output, "DIR for the bundle")->required();
  command->add_flag("--force", a.force, "replace a bundle that is there");
  AddReportOptions(*command, a.report, arguments->with_program);
  command->add_flag(Flag("--with_host_identity"), a.with_host_identity, "name host, user and directory in the bundle");
  command->callback([arguments, command, &exit_code] {
    arguments->adapt.with_program = ProgramsOf(*command, arguments->with_program);
    exit_code = RunAdapt(*arguments);
  });
}

}  // namespace convnext::cli
