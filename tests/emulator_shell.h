// The program on a host with emulated NPUs (emulator): as a user who has sourced CANN's set_env.sh.
#pragma once

#include <string>

#include "paths.h"
#include "shell.h"

namespace convnext {

class EmulatorShellTest : public ShellTest {
 protected:
  EmulatorShellTest() {
    ShellTest::Shell("convnext synth --config $GOLDEN/models/tiny_patch/config.json --seed 1 --output model");
  }

  // Runs `command` with `variables` ("NAME=value ..."). Calls of the emulator are logged in the file "calls".
  Outcome Shell(const std::string& command, const std::string& variables = "") const {
    std::string exports;
    if (!variables.empty()) exports = "export " + variables + "\n";
    return ShellTest::Shell(". '" + std::string(kEmulatorCann) +
                            "/set_env.sh'\nexport XDG_CACHE_HOME=\"$PWD/cache\" ASCEND_EMULATOR_LOG=\"$PWD/calls\"\n" +
                            exports + command);
  }
};

}  // namespace convnext
