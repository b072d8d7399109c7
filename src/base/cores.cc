#include "base/cores.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <thread>

namespace convnext {
namespace {

int AffinityCores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
  return static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
}

// A cpu.max file of cgroup v2: "QUOTA PERIOD" or "max PERIOD", in microseconds.
std::optional<double> ReadCpuMax(const std::string& path) {
  std::ifstream file(path);
  std::string quota;
  double period = 0;
  if (!(file >> quota >> period) || quota == "max" || !(period > 0)) return std::nullopt;
  const double cores = std::atof(quota.c_str()) / period;
  return cores > 0 ? std::optional(cores) : std::nullopt;
}

// The smaller of two quotas, of which either may be missing.
std::optional<double> Least(std::optional<double> a, std::optional<double> b) {
  return a && b ? std::min(*a, *b) : a ? a : b;
}

// A group is held to the quotas of all that it is in.
std::optional<double> QuotaCoresV2(const std::string& root) {
  std::ifstream groups(root + "/proc/self/cgroup");
  const std::string top = root + "/sys/fs/cgroup";
  std::optional<double> least = ReadCpuMax(top + "/cpu.max");
  for (std::string line; std::getline(groups, line);) {
    if (line.rfind("0::/", 0) != 0) continue;
    for (std::string group = line.substr(3); group.size() > 1; group.resize(group.rfind('/')))
      least = Least(least, ReadCpuMax(top + group + "/cpu.max"));
  }
  return least;
}

std::optional<double> QuotaCoresV1(const std::string& root) {
  const std::string group = root + "/sys/fs/cgroup/cpu/cpu.cfs_";
  std::ifstream quota_file(group + "quota_us"), period_file(group + "period_us");
  double quota = 0, period = 0;
  const bool limited = quota_file >> quota && period_file >> period && quota > 0 && period > 0;
  return limited ? std::optional(quota / period) : std::nullopt;
}

}  // namespace

std::optional<double> QuotaCores(const std::string& root) {
  const auto cores = QuotaCoresV2(root);
  return cores ? cores : QuotaCoresV1(root);
}

int AvailableCores() {
  const auto quota = QuotaCores();
  const int cores = AffinityCores();
  return quota ? std::clamp(static_cast<int>(std::ceil(*quota)), 1, cores) : std::max(1, cores);
}

}  // namespace convnext
