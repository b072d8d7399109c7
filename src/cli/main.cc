#include <fmt/ranges.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "cli/cli.h"
#include "cli/signals.h"
#include "convnext/ascend/acl/acl.h"
#include "convnext/ascend/host/host.h"
#include "convnext/engine.h"

namespace convnext::cli {
namespace {

constexpr const char* kFooter = R"(Examples:
  convnext infer --image_path photo.jpg
  convnext infer --model_path weights/convnext_base.clip_laion2b --image_path pictures/ --output embeddings.npy
  convnext synth --architecture convnext_base.clip_laion2b --output weights/synthetic
  convnext selftest
  convnext adapt --device npu --output bundle && convnext check bundle
'convnext COMMAND --help' shows the flags and more examples.

Exit codes: 0 done, 1 a verdict failed, 2 wrong use or input, 3 device unavailable, 4 system or internal error, 5 units left
(embed).)";

std::string VersionText() {
  return fmt::format("convnext {}\ncommit {}\ncompiler {}\nSIMD targets {}", Version(), Commit(), Compiler(),
                     fmt::join(SimdTargets(), ", "));
}

// The loader reads LD_LIBRARY_PATH only when a program starts, and CANN's libraries read their variables when they are
// loaded. So where set_env.sh was not sourced this program starts once more with what it would have set.
void StartWithCann(int argc, char** argv) {
  constexpr const char* kStarted = "CONVNEXT_STARTED_WITH_CANN";
  const bool uses_npu = std::any_of(argv + 1, argv + argc, [](const char* argument) {
    const std::string_view text = argument;
    return text == "adapt" || text == "env" || text.starts_with("npu") || text.starts_with("--device=npu");
  });
  if (!uses_npu || std::getenv(kStarted) != nullptr) return;
  const auto variables = MissingCannVariables(ThisMachine());
  if (variables.empty()) return;
  for (const auto& [name, value] : variables) ::setenv(name.c_str(), value.c_str(), 1);
  ::setenv(kStarted, "1", 1);
  ::execv("/proc/self/exe", argv);  // returns only if it fails; the doctor then says what is missing
}

int Run(int argc, char** argv) {
  CLI::App app("timm's ConvNeXt CLIP image tower without Python: a picture in, its embedding out.", "convnext");
  app.footer(kFooter);
  app.set_version_flag("--version", VersionText());
  app.require_subcommand(1);
  int exit_code = kDone;
  AddInfer(app, exit_code);
  AddPreprocess(app, exit_code);
  AddCompare(app, exit_code);
  AddInspect(app, exit_code);
  AddEmbed(app, exit_code);
  AddMerge(app, exit_code);
  AddSynth(app, exit_code);
  AddExport(app, exit_code);
  AddCompile(app, exit_code);
  AddSelftest(app, exit_code);
  AddEnv(app, exit_code);
  AddEval(app, exit_code);
  AddReport(app, exit_code);
  AddAdapt(app, exit_code);
  AddCheck(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    std::ostringstream text;
    app.exit(help, text, text);
    PrintOut("{}", text.str());
  } catch (const CLI::ParseError& error) {
    return Fail(Invalid("{}\nRun with --help for the flags and examples.", error.what()));
  }
  const Status output = FinishOutput();
  return output.ok() ? exit_code : Fail(output);
}

}  // namespace

int Fail(const Status& status) {
  PrintError("convnext: error: {}\n", status.message());
  switch (status.code()) {
    case Code::kOk:
      return kDone;
    case Code::kInvalid:
      return kWrongUse;
    case Code::kUnavailable:
      return kDeviceUnavailable;
    case Code::kIo:
    case Code::kInternal:
    case Code::kCancelled:
      return kSystemError;
  }
  return kSystemError;
}

void Warn(const std::string& text) { PrintError("convnext: warning: {}\n", text); }

std::string Flag(const std::string& name) {
  std::string dashed = name;
  std::replace(dashed.begin() + 2, dashed.end(), '_', '-');
  return dashed == name ? name : name + "," + dashed;
}

Result<std::string> ModelPath(const std::string& path) {
  if (!path.empty()) return path;
  if (::access(kDefaultModelPath, F_OK) == 0) return std::string(kDefaultModelPath);
  return Invalid(
      "no --model_path, and {} does not exist. Put model.safetensors and config.json of "
      "timm/convnext_base.clip_laion2b (from the Hugging Face hub, or its GitCode mirror "
      "hf_mirrors/timm/convnext_base.clip_laion2b) there, or make synthetic weights with 'convnext synth'",
      kDefaultModelPath);
}

}  // namespace convnext::cli

int main(int argc, char** argv) {
  // Activations of a batch go back to the system when a larger batch needs larger ones. glibc's own threshold rises
  // with what is freed (up to 32 MiB), and the smaller ones would stay.
  mallopt(M_MMAP_THRESHOLD, 2 << 20);
  convnext::cli::OpenStandardFiles();
  convnext::cli::HandleSignals();
  try {
    convnext::cli::StartWithCann(argc, argv);
    const int exit_code = convnext::cli::Run(argc, argv);
    convnext::StopAcl();
    return exit_code;
  } catch (const std::bad_alloc&) {
    return convnext::cli::Fail(convnext::IoError("out of memory"));
  } catch (const std::exception& error) {
    return convnext::cli::Fail(convnext::Internal("{}", error.what()));
  }
}
