#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "convnext/base/base.h"

namespace convnext {

// JSON as text; indent -1: on one line. Strings that are not UTF-8 (a path may hold any bytes) get replacement
// characters, NaN and infinities become null.
std::string JsonText(const nlohmann::ordered_json& json, int indent = -1);

// A value as Python's print() shows it, which is what the adaptation's logs hold: None, True, "[1, 3]".
std::string PythonText(const nlohmann::ordered_json& value);

// Bytes as the documents show memory: in units of 2^20, to two decimals.
inline double Megabytes(int64_t bytes) { return RoundTo(static_cast<double>(bytes) / (1 << 20), 2); }

// "NPU: True (2x Ascend910_9362)", or "NPU: False".
std::string NpuLine(std::string_view label, const DeviceFacts& device);

// Each field on a line of its own: "name: value".
std::string LogLines(const nlohmann::ordered_json& fields);

}  // namespace convnext
