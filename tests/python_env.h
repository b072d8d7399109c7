// Python with packages that others made, for tests that hold us against them; in build/python, for all presets.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "base/base.h"
#include "paths.h"

namespace convnext {

struct PythonEnv {
  std::string python;   // the interpreter
  std::string missing;  // why there is none: the package index cannot be reached
};

// The environment build/python/NAME with just `packages` (tools/python-env). Throws, which fails the test, if it cannot
// be made although the index answers.
inline PythonEnv MakePythonEnv(const std::string& name, const std::vector<std::string>& packages) {
  const std::string root = kSourceDirectory, directory = root + "/build/python/" + name;
  std::vector<std::string> command = {root + "/tools/python-env", directory};
  command.insert(command.end(), packages.begin(), packages.end());
  const auto result = RunProcess(command, {.timeout_seconds = 600});
  if (!result.ok()) throw std::runtime_error(result.status().message());
  if (result->exit_code == 4) return {"", result->output};
  if (result->exit_code != 0) throw std::runtime_error("tools/python-env: " + result->output);
  return {directory + "/bin/python", ""};
}

}  // namespace convnext
