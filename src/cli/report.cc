// convnext report: from what the phases left to a bundle.
#include "cli/cli.h"
#include "cli/files.h"
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
  std::string input, output, repository_url, track = kDefaultTrack;
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
  CONVNEXT_ASSIGN_OR_RETURN(const auto input, ReadInput(arguments));
  CommandFiles files;
  files.WritesBundle("--output", arguments.output);
  CONVNEXT_RETURN_IF_ERROR(files.Check());
  const auto bundle = AssembleBundle(input, DescribeReport(arguments.repository_url, arguments.track));
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
  command->add_option(Flag("--repository_url"), a.repository_url, "where the bundle will be published");
  command->add_option("--track", a.track, "the competition's track")->capture_default_str();
  command->callback([arguments, &exit_code] {
    const Status status = Report(*arguments);
    exit_code = status.ok() ? kDone : Fail(status);
  });
}

}  // namespace convnext::cli
