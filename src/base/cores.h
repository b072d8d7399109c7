#pragma once

#include <optional>
#include <string>

namespace convnext {

// The number of cores this process may use: its affinity mask, cut down by the CPU quota of its cgroup, at least 1.
int AvailableCores();

// The CPU quota of this process's cgroup (v2 or v1) in cores; nullopt if there is none. `root` is put in front of /proc
// and /sys, for tests.
std::optional<double> QuotaCores(const std::string& root = "");

}  // namespace convnext
