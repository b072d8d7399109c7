// convnext report: from what the phases left to a bundle.
#include "cli/cli.h"
#include "cli/files.h"
#include "cli/options.h"
#include "convnext/bundle/bundle.h"

namespace convnext::cli {
namespace {

constexpr const char* kReportExamples = R"(Examples:
  convnext env --model_path weights/m --output run
  convnext infer --model_path weights/m --image_path photo.jpg --evidence run
  convnext eval accuracy --model_path weights/m --image_path photo.jpg --output run
  convnext eval performance --model_path weights/m --image_path photo.jpg --output run
  convnext report --input run --output bundle && convnext check bundle

'convnext adapt' does all of this in one command.)";

struct ReportArguments {
  std::string input, output;
  ReportOptions report;
  std::vector<std::string> program_paths;
  std::optional<std::vector<std::string>> with_program;
};

// The files of the phases, with the .gitattributes of the new repository that `output` may be.
Result<Files> ReadInput(const ReportArguments& arguments) {
  CONVNEXT_ASSIGN_OR_RETURN(auto input, ReadDirectory(arguments.input));
  const auto output = ReadDirectory(arguments.output);
  if (!output.ok()) return std::move(input.files);
  if (!IsNewRepository(*output))
    return Invalid("{}: not empty; choose another --output", Printable(arguments.output, 1000));
  for (const auto& [path, bytes] : output->files) input.files[path] = bytes;
  return std::move(input.files);
}

Status Report(const ReportArguments& arguments) {
  CONVNEXT_RETURN_IF_ERROR(CheckReportOptions(arguments.report));
  CONVNEXT_ASSIGN_OR_RETURN(auto input, ReadInput(arguments));
  Files programs;
  if (arguments.with_program) {
    CONVNEXT_ASSIGN_OR_RETURN(programs, GatherPrograms(*arguments.with_program));
  }
  for (const auto& [path, bytes] : programs) input[path] = bytes;
  CommandFiles files;
  files.WritesBundle("--output", arguments.output);
  CONVNEXT_RETURN_IF_ERROR(files.Check());
  const auto bundle = AssembleBundle(input, DescribeReport(arguments.report, programs));
  if (!bundle.ok()) return bundle.status().Prefixed(Printable(arguments.input, 1000));
  CONVNEXT_RETURN_IF_ERROR(WriteBundle(arguments.output, *bundle));
  PrintOut("wrote {} with {} files; verify it with 'convnext check'\n", Printable(arguments.output, 1000),
           bundle->size());
  return {};
}

}  // namespace

void AddReport(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("report", "Make a bundle of evidence from recorded evaluations");
  command->footer(kReportExamples);
  auto arguments = std::make_shared<ReportArguments>();
  ReportArguments& a = *arguments;
  command->add_option("--input", a.input, "DIR that env, infer --evidence and both evaluations wrote to")->required();
  command->add_option("--output", a.output, "DIR for the bundle")->required();
  AddReportOptions(*command, a.report, a.program_paths);
  command->callback([arguments, command, &exit_code] {
    arguments->with_program = ProgramsOf(*command, arguments->program_paths);
    const Status status = Report(*arguments);
    exit_code = status.ok() ? kDone : Fail(status);
  });
}

}  // namespace convnext::cli
