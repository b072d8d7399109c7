// convnext merge: one array of what convnext embed made.
#include "cli/cli.h"
#include "cli/files.h"
#include "convnext/embed/embed.h"

namespace convnext::cli {
namespace {

constexpr const char* kMergeExamples = R"(Examples:
  convnext merge OUT --output all.npy
  convnext merge OUT --output all.npy --metadata all.jsonl

Everything is verified first, as by 'convnext embed --verify OUT'. The rows are in the order of the plan.)";

struct MergeArguments {
  std::string directory, output, metadata;
};

int Merge(const MergeArguments& arguments) {
  CommandFiles files;
  files.Reads("the plan", arguments.directory + "/" + kPlanPath);
  files.Writes("--output", arguments.output, {".npy"});
  files.Writes("--metadata", arguments.metadata, {".jsonl"});
  if (Status status = files.Check(); !status.ok()) return Fail(status);
  const auto merged = MergeOutput(arguments.directory, arguments.output, arguments.metadata);
  if (!merged.ok()) return Fail(merged.status());
  PrintOut("wrote {} [{}, {}]; {} without a row\n", Printable(arguments.output, 1000), merged->rows,
           merged->embedding_dim, Pluralize(static_cast<size_t>(TotalOf(merged->failures)), "picture"));
  return kDone;
}

}  // namespace

void AddMerge(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("merge", "Make one array of what embed made");
  command->footer(kMergeExamples);
  auto arguments = std::make_shared<MergeArguments>();
  command->add_option("DIRECTORY", arguments->directory, "OUT of convnext embed")->required();
  command->add_option("--output", arguments->output, "FILE.npy for all rows")->required();
  command->add_option("--metadata", arguments->metadata, "FILE.jsonl for the metadata of all rows");
  command->callback([arguments, &exit_code] { exit_code = Merge(*arguments); });
}

}  // namespace convnext::cli
