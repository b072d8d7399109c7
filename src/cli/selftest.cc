// convnext selftest: does this program compute what it should on this machine?
#include "cli/cli.h"
#include "convnext/eval/eval.h"

namespace convnext::cli {
namespace {

int Selftest() {
  const auto checks = RunSelftest();
  if (!checks.ok()) return Fail(checks.status());
  bool passed = true;
  for (const SelftestCheck& check : *checks) {
    PrintOut("{} {:<22} {}\n", check.passed ? "PASS" : "FAIL", check.name, check.outcome);
    passed = passed && check.passed;
  }
  PrintOut("selftest {}\n", passed ? "passed" : "FAILED");
  return passed ? kDone : kVerdictFailed;
}

}  // namespace

void AddSelftest(CLI::App& app, int& exit_code) {
  CLI::App* command =
      app.add_subcommand("selftest", "Check this program on this machine, in seconds and without files");
  command->footer(
      "Runs a small embedded model, whose embeddings timm computed in float64, on every SIMD target and on the\n"
      "reference, and decodes a photograph. Exit code 1 if a check fails.\n\nExamples:\n  convnext selftest");
  command->callback([&exit_code] { exit_code = Selftest(); });
}

}  // namespace convnext::cli
