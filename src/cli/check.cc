// convnext check: does a bundle prove what it says?
#include "convnext/check/check.h"

#include "cli/options.h"
#include "convnext/engine.h"

namespace convnext::cli {
namespace {

constexpr const char* kCheckExamples = R"(Examples:
  convnext check bundle
  convnext check bundle --json
  convnext check bundle --rerun --model_path weights/convnext_base.clip_laion2b

Every number in the bundle's JSON files, logs, READMEs and pictures is computed again from the raw vectors and times; a
bundle of the reference's layout without raw data is held against itself. Thresholds live in this program.
Exit codes: 0 every rule passed, 1 a rule failed, 2 not a directory that can be read.)";

struct CheckArguments {
  std::string bundle, model_path;
  bool json = false, rerun = false;
  int threads = 0;
};

Result<CheckReport> Check(const CheckArguments& arguments) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto directory, ReadDirectory(arguments.bundle));
  if (directory.files.empty()) return Invalid("{}: no files in it", Printable(arguments.bundle, 1000));
  CheckReport report = CheckBundle(directory);
  if (!arguments.rerun) return report;
  CONVNEXT_ASSIGN_OR_RETURN(const auto model_path, ModelPath(arguments.model_path));
  report.rules.push_back(CheckRerun(directory, model_path, arguments.threads));
  return report;
}

int RunCheck(const CheckArguments& arguments) {
  const auto report = Check(arguments);
  if (!report.ok()) return Fail(report.status());
  PrintOut("{}", arguments.json ? CheckJson(*report) : CheckTable(*report));
  return report->passed() ? kDone : kVerdictFailed;
}

}  // namespace

void AddCheck(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("check", "Verify a bundle of evidence");
  command->footer(kCheckExamples);
  auto arguments = std::make_shared<CheckArguments>();
  CheckArguments& a = *arguments;
  command->add_option("BUNDLE", a.bundle, "DIR of the bundle")->required();
  command->add_flag("--json", a.json, "print the rules' outcomes as JSON");
  command->add_flag("--rerun", a.rerun, "repeat the CPU part here and compare the embeddings");
  command->add_option(Flag("--model_path"), a.model_path,
                      std::string("the model, for --rerun [") + kDefaultModelPath + "]");
  command->add_option("--threads", a.threads, "threads, for --rerun [the cores this process may use]")
      ->check(InBounds(kThreadCounts));
  command->callback([arguments, &exit_code] { exit_code = RunCheck(*arguments); });
}

}  // namespace convnext::cli
