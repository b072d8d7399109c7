// ASCEND_EMULATOR_ATC_FAULT: what shall go wrong, for tests of the caller.
#pragma once

#include <map>
#include <optional>
#include <string>

namespace ascend_emulator {

struct AtcFaults {
  // Codes to fail with, "E16002" or "E16002@17": of models of this opset only.
  std::map<std::string, std::optional<int64_t>> codes;
  bool hang = false;         // for an hour
  bool crash = false;        // abort
  bool no_output = false;    // success, but no file
  bool cast = false;         // float16 although another precision was asked for
  bool arch_suffix = false;  // OUTPUT_linux_ARCH.om
};

// The list in `text`, items with semicolons between. nullopt: an item is not known.
std::optional<AtcFaults> ParseFaults(const std::string& text);

// The error that `faults` have for a model of this opset; empty if none.
std::string FaultError(const AtcFaults& faults, int64_t opset);

}  // namespace ascend_emulator
