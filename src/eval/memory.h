#pragma once

#include "eval/records.h"

namespace convnext {

// The machine's memory (/proc/meminfo: MemTotal, and MemAvailable as free), and what this process holds of it.
MemoryFacts MachineMemory();

}  // namespace convnext
