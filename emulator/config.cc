#include "config.h"

#include <charconv>
#include <cstdlib>
#include <string_view>

namespace ascend_emulator {
namespace {

size_t NumberInVariable(const char* variable, size_t otherwise) {
  const char* text = std::getenv(variable);
  if (text == nullptr) return otherwise;
  const std::string_view digits = text;
  size_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return error == std::errc() && end == digits.data() + digits.size() ? value : otherwise;
}

// "1,2" of `count` devices.
void ReadVisible(std::string_view list, int32_t count, Config& config) {
  const char* at = list.data();
  const char* const end = at + list.size();
  while (at != end) {
    int32_t id = 0;
    const auto [next, error] = std::from_chars(at, end, id);
    if (error != std::errc() || id < 0 || id >= count) break;
    if (!config.devices.empty() && id == config.devices.back()) {
      config.visible_error = "a device is named twice";
      return;
    }
    if (!config.devices.empty() && id < config.devices.back()) break;
    config.devices.push_back(id);
    if (next == end || *next != ',') break;
    at = next + 1;
  }
  if (config.devices.empty()) config.visible_error = "it names no device of this host";
}

}  // namespace

Config ReadConfig() {
  Config config;
  if (const char* soc = std::getenv("ASCEND_EMULATOR_SOC"); soc != nullptr && *soc != '\0') config.soc = soc;
  config.memory_bytes = NumberInVariable("ASCEND_EMULATOR_MEMORY_MB", 32768) << 20;
  config.copy_us = NumberInVariable("ASCEND_EMULATOR_COPY_US", 0);
  config.execute_us = NumberInVariable("ASCEND_EMULATOR_EXECUTE_US", 0);
  config.held_executions = NumberInVariable("ASCEND_EMULATOR_HELD_EXECUTIONS", 0);
  config.time_only = NumberInVariable("ASCEND_EMULATOR_TIME_ONLY", 0) == 1;
  const char* mode = std::getenv("ASCEND_EMULATOR_RUN_MODE");
  config.is_own_host = mode != nullptr && std::string_view(mode) == "device";
  const auto count = static_cast<int32_t>(NumberInVariable("ASCEND_EMULATOR_DEVICES", 1));
  if (const char* visible = std::getenv("ASCEND_RT_VISIBLE_DEVICES"); visible != nullptr) {
    ReadVisible(visible, count, config);
  } else {
    for (int32_t id = 0; id < count; ++id) config.devices.push_back(id);
  }
  return config;
}

bool HasHbm(const Config& config) { return config.soc.starts_with("Ascend910"); }

}  // namespace ascend_emulator
