// What a record of an environment may hold, and where it contradicts itself.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "convnext/facts/records.h"

namespace convnext {

// What may be recorded: a variable by its name, an extension of a CPU.
bool IsRecordedVariable(std::string_view name);
bool IsRecordedCpuFlag(std::string_view flag);
bool IsRecordedReason(std::string_view code);  // or one of adapt's own

// Where a record contradicts the npu-smi text that it holds, in words: no chip of that name, fewer chips than are
// visible, more memory (of all devices that were used) than the chips have.
std::vector<std::string> FindNpuSmiContradictions(const EnvironmentRecord& record, size_t devices,
                                                  int64_t device_memory_bytes);

}  // namespace convnext
