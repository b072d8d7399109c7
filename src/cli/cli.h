// The command line: one file per command. A command parses, calls the library, prints, and gives an exit code.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "cli/print.h"
#include "convnext/base/base.h"

namespace convnext::cli {

enum ExitCode {
  kDone = 0,
  kVerdictFailed = 1,
  kWrongUse = 2,
  kDeviceUnavailable = 3,
  kSystemError = 4,
  kUnitsLeft = 5
};

// Prints "convnext: error: ..." on standard error and gives the exit code for it.
int Fail(const Status& status);
void Warn(const std::string& text);

// The sub-commands. Each adds itself and its flags to `app`; `exit_code` gets its result once it has run.
void AddInfer(CLI::App& app, int& exit_code);
void AddEmbed(CLI::App& app, int& exit_code);
void AddMerge(CLI::App& app, int& exit_code);
void AddSynth(CLI::App& app, int& exit_code);
void AddInspect(CLI::App& app, int& exit_code);
void AddPreprocess(CLI::App& app, int& exit_code);
void AddCompare(CLI::App& app, int& exit_code);
void AddExport(CLI::App& app, int& exit_code);
void AddCompile(CLI::App& app, int& exit_code);
void AddSelftest(CLI::App& app, int& exit_code);
void AddEnv(CLI::App& app, int& exit_code);
void AddEval(CLI::App& app, int& exit_code);
void AddReport(CLI::App& app, int& exit_code);
void AddAdapt(CLI::App& app, int& exit_code);
void AddCheck(CLI::App& app, int& exit_code);

// The model to use: `path`, or the default place if it is empty; kInvalid, with where to get one, if there is none.
Result<std::string> ModelPath(const std::string& path);

// "--model_path,--model-path": every flag is known in both spellings.
std::string Flag(const std::string& name);

}  // namespace convnext::cli
