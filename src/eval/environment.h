#pragma once

#include <optional>
#include <string>

#include "eval/records.h"

namespace convnext {

struct EnvironmentOptions {
  std::string device = "cpu";
  std::optional<ModelFacts> model = {};
  bool with_host_identity = false;
  std::string directory = ".";  // whose git repository is described
  Machine machine = ThisMachine();
};

// Where a model is to run: system, processor, libraries, Ascend NPUs, and what keeps them from being used. It cannot
// fail: what cannot be found out is empty, zero or null. Texts from the machine are cut to a length, made printable and
// redacted (base/redact.h). Runs git and npu-smi; a command of git is stopped after 10 s, npu-smi after 20 s.
EnvironmentRecord CollectEnvironment(const EnvironmentOptions& options);

// The git repository that `directory` lies in; nullopt if there is none, or no git. Untracked files are not looked at:
// what a run writes beside its repository does not make it dirty.
std::optional<GitFacts> CollectGit(const Machine& machine, const std::string& directory);

}  // namespace convnext
