// Tests of the NPU backend in this process, on the emulator (emulator).
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>

#include "convnext/ascend/run/run.h"
#include "golden_model.h"
#include "paths.h"
#include "shell.h"

namespace convnext {

class EmulatedNpuTest : public testing::Test {
 protected:
  EmulatedNpuTest() {
    ::setenv("ASCEND_HOME_PATH", kEmulatorCann, 1);
    ::setenv("XDG_CACHE_HOME", directory_.path().c_str(), 1);
  }
  ~EmulatedNpuTest() override {
    StopAcl();  // the emulator reads its variables when it is initialised
    for (const char* name : {"DEVICES", "SOC", "ATC_FAULT", "FAULT", "LOG", "HELD_EXECUTIONS", "RUN_MODE"})
      ::unsetenv((std::string("ASCEND_EMULATOR_") + name).c_str());
  }
  // Read by the emulator alone.
  static void SetVariable(const char* variable, const std::string& value) { ::setenv(variable, value.c_str(), 1); }

  static NpuOptions OptionsFor(const Batch& input) {
    NpuOptions options;
    options.height = input.H;
    options.width = input.W;
    options.batch_sizes = {input.N};
    return options;
  }

  const std::string& directory() const { return directory_.path(); }

 private:
  TemporaryDirectory directory_;
};

}  // namespace convnext
