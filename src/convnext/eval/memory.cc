#include "convnext/eval/memory.h"

#include <unistd.h>

#include <fstream>

namespace convnext {
namespace {

constexpr int64_t kKibibyte = 1024;

}  // namespace

MemoryFacts MachineMemory() {
  MemoryFacts memory;
  std::ifstream file("/proc/meminfo");
  std::string name, unit;
  for (int64_t value = 0; file >> name >> value; std::getline(file, unit)) {
    if (name == "MemTotal:") memory.total_bytes = value * kKibibyte;
    if (name == "MemAvailable:") memory.free_bytes = value * kKibibyte;
  }
  int64_t size = 0, resident = 0;
  if (std::ifstream("/proc/self/statm") >> size >> resident) {
    memory.process_rss_bytes = resident * static_cast<int64_t>(::sysconf(_SC_PAGESIZE));
  }
  return memory;
}

}  // namespace convnext
