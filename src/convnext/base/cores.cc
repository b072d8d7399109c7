#include "convnext/base/cores.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <string_view>
#include <thread>

#include "convnext/base/core_mask.h"

namespace convnext {
namespace {

// "QUOTA PERIOD" in microseconds, where QUOTA may be "max" or -1: no quota.
std::optional<double> ReadQuota(std::istream& quota_file, std::istream& period_file) {
  std::string quota;
  double period = 0;
  if (!(quota_file >> quota) || !(period_file >> period) || quota == "max" || !(period > 0)) return std::nullopt;
  const double cores = std::atof(quota.c_str()) / period;
  return cores > 0 ? std::optional(cores) : std::nullopt;
}

std::optional<double> ReadQuotaV2(const std::string& group) {
  std::ifstream file(group + "/cpu.max");
  return ReadQuota(file, file);
}

std::optional<double> ReadQuotaV1(const std::string& group) {
  std::ifstream quota(group + "/cpu.cfs_quota_us"), period(group + "/cpu.cfs_period_us");
  return ReadQuota(quota, period);
}

// The smaller of two quotas, of which either may be missing.
std::optional<double> SmallerQuota(std::optional<double> a, std::optional<double> b) {
  return a && b ? std::min(*a, *b) : a ? a : b;
}

// This process's group in the hierarchy with `controller`, "" for that of cgroup v2: the PATH of a line
// "ID:CONTROLLER,CONTROLLER:PATH" of /proc/self/cgroup. Begins with a slash, or is empty.
std::string GroupOf(const std::string& root, std::string_view controller) {
  std::ifstream groups(root + "/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const size_t first = line.find(':'), second = line.find(":/", first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    if (controllers.find("," + std::string(controller) + ",") != std::string::npos) return line.substr(second + 1);
  }
  return {};
}

// A group is held to the quotas of all that it is in. In a container the path may be the host's, and `top` the group.
template <class Read>
std::optional<double> SmallestQuota(const std::string& top, std::string group, const Read& read) {
  std::optional<double> least = read(top);
  for (; group.size() > 1; group.resize(group.rfind('/'))) least = SmallerQuota(least, read(top + group));
  return least;
}

}  // namespace

std::vector<int> AllowedCores() {
  CoreMask mask = {};
  std::vector<int> cores;
  if (::sched_getaffinity(0, sizeof mask, mask.data()) != 0) return cores;
  for (int core = 0; core < kMostCores; ++core) {
    if (CPU_ISSET_S(core, sizeof mask, mask.data())) cores.push_back(core);
  }
  return cores;
}

std::optional<double> QuotaCores(const std::string& root) {
  const std::string top = root + "/sys/fs/cgroup";
  return SmallerQuota(SmallestQuota(top, GroupOf(root, ""), ReadQuotaV2),
                      SmallestQuota(top + "/cpu", GroupOf(root, "cpu"), ReadQuotaV1));
}

int CoresWithin(std::optional<double> quota, int cores) {
  const double most = std::max(1, cores);
  return static_cast<int>(quota ? std::clamp(std::ceil(*quota), 1.0, most) : most);
}

int AvailableCores() {
  const auto allowed = static_cast<int>(AllowedCores().size());
  return CoresWithin(QuotaCores(), allowed > 0 ? allowed : static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace convnext
