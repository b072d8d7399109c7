// Python with packages that others made, for tests that hold us against them; in build/python, for all presets.
#pragma once

#include <stdexcept>
#include <string>

#include "convnext/base/base.h"
#include "paths.h"

namespace convnext {

struct PythonEnv {
  std::string python;   // the interpreter
  std::string missing;  // why there is none: the package index cannot be reached
};

// The environment build/python/NAME with its packages in tools/python-packages. Throws, which fails the test, if it
// cannot be made although the index answers.
inline PythonEnv MakePythonEnv(const std::string& name) {
  const std::string root = kSourceDirectory, directory = root + "/build/python/" + name;
  const auto result = RunProcess({root + "/tools/python-env", name}, {.timeout_seconds = 600});
  if (!result.ok()) throw std::runtime_error(result.status().message());
  if (result->exit_code == 4) return {"", result->output};
  if (result->exit_code != 0) throw std::runtime_error("tools/python-env: " + result->output);
  return {directory + "/bin/python", ""};
}

}  // namespace convnext
