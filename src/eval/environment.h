#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

// What CollectEnvironment may record of them: a variable by its name, an extension of a CPU.
bool IsRecordedVariable(std::string_view name);
bool IsRecordedCpuFlag(std::string_view flag);
bool IsRecordedReason(std::string_view code);  // or one of adapt's own

// Where a record contradicts the npu-smi text that it holds, in words: no chip of that name, fewer chips than are
// visible, more memory (of all devices that were used) than the chips have.
std::vector<std::string> FindNpuSmiContradictions(const EnvironmentRecord& record, size_t devices,
                                                  int64_t device_memory_bytes);

}  // namespace convnext
