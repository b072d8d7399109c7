#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "convnext/facts/facts.h"

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

}  // namespace convnext
