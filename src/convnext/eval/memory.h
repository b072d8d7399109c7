#pragma once

#include "convnext/facts/facts.h"

namespace convnext {

// The machine's memory (/proc/meminfo: MemTotal, and MemAvailable as free), and what this process holds of it.
MemoryFacts MachineMemory();

}  // namespace convnext
