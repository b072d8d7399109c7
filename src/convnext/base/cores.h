#pragma once

#include <optional>
#include <string>
#include <vector>

namespace convnext {

// The cores of the calling thread's affinity mask; empty if the system does not tell.
std::vector<int> AllowedCores();

// The number of cores this process may use: its affinity mask, cut down by the CPU quota of its cgroup, at least 1.
int AvailableCores();

// The smallest CPU quota in cores of the cgroups (v2 or v1) that this process is in; nullopt if there is none. `root`
// is put in front of /proc and /sys, for tests.
std::optional<double> QuotaCores(const std::string& root = "");

// The cores that `quota` leaves of `cores`, part of one counted as one; at least 1.
int CoresWithin(std::optional<double> quota, int cores);

}  // namespace convnext
