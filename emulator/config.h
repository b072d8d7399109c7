// The variables of the environment that choose what is emulated.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace ascend_emulator {

struct Config {
  std::string soc = "Ascend910B4-emulator";   // ASCEND_EMULATOR_SOC
  size_t memory_bytes = size_t{32768} << 20;  // of each device: ASCEND_EMULATOR_MEMORY_MB
  size_t copy_us = 0, execute_us = 0;  // at least, in a stream: ASCEND_EMULATOR_COPY_US, ASCEND_EMULATOR_EXECUTE_US
  bool time_only = false;              // models are not computed, their outputs are zeros: ASCEND_EMULATOR_TIME_ONLY=1
  bool is_own_host = false;            // a board in RC mode: ASCEND_EMULATOR_RUN_MODE=device
  size_t held_executions = 0;          // ASCEND_EMULATOR_HELD_EXECUTIONS (operation.h)
  std::vector<int32_t> devices;        // physical numbers of the visible ones, in order
  std::string visible_error;           // what is wrong with ASCEND_RT_VISIBLE_DEVICES
};

// ASCEND_EMULATOR_DEVICES (1 by default), cut down to ASCEND_RT_VISIBLE_DEVICES: numbers in ascending order, reading
// stops at the first that is wrong; a number twice, or nothing left, is an error.
// See docs/ascend-facts.md, "Host: visible devices".
Config ReadConfig();

// Whether the chip has high-bandwidth memory: aclrtGetMemInfo's two kinds.
bool HasHbm(const Config& config);

}  // namespace ascend_emulator
