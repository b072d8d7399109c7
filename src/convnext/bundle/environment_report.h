#pragma once

#include <string>

#include "convnext/facts/facts.h"

namespace convnext {

// results/env_info.json and logs/env_check.log: the fields and sections of the Python adaptation in its order, then
// ours. Both are functions of the record alone, so that a checker can make them again and compare bytes.
std::string EnvironmentJson(const EnvironmentRecord& record);
std::string EnvironmentLog(const EnvironmentRecord& record);

// Whether this program could compute on an NPU there: there is one, and nothing blocks it.
bool NpuAvailable(const EnvironmentRecord& record);

}  // namespace convnext
