#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string_view>

#include "convnext/facts/records.h"

namespace convnext {

// The program that runs now. The first call hashes its file: some milliseconds.
ToolFacts CurrentTool();

// The launcher that started it, by the variables CONVNEXT_LAUNCHER_PYTHON and CONVNEXT_LAUNCHER_PIP that it sets; a
// value that is no version counts as not set.
std::optional<LauncherFacts> CurrentLauncher(const Machine& machine);

// "3.11.14", "2.5.0-2+deb12u1", "8.0.RC1.alpha001"
bool IsVersionText(std::string_view text);

// For JSON: {"python", "pip"}, or null.
nlohmann::ordered_json LauncherJson(const std::optional<LauncherFacts>& launcher);

}  // namespace convnext
