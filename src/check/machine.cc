// Machine: the recorded facts about a host must fit each other.
#include <algorithm>
#include <cmath>

#include "check/rules.h"
#include "check/simd_targets.h"

namespace convnext {
namespace {

void CheckCores(const EnvironmentRecord& e, Findings& findings) {
  if (e.cores >= 1 && e.usable_cores > e.cores) findings.Fail("{} usable of {} cores", e.usable_cores, e.cores);
  if (e.quota_cores && !(std::isfinite(*e.quota_cores) && *e.quota_cores > 0))
    findings.Fail("a quota of {} cores", *e.quota_cores);
}

// The weights alone take two bytes a parameter or four. (A virtual machine's memory may be changed while it runs.)
void CheckMemory(const Evidence& e, Findings& findings) {
  const int64_t memory = e.environment.memory_bytes;
  const int64_t weights = 2 * std::clamp<int64_t>(e.accuracy.model.parameters, 0, int64_t{1} << 40);
  if (memory <= 0) return;  // rule E1 says so
  if (memory < weights) findings.Fail("{} bytes of memory, and weights of {} or more", memory, weights);
  for (const MemoryFacts* facts : {&e.performance.memory_before, &e.performance.memory_after}) {
    const double ratio = static_cast<double>(facts->total_bytes) / static_cast<double>(memory);
    if (!RanOnNpu(e) && (ratio > kNoise || ratio < 1 / kNoise))
      findings.Fail("{} bytes of memory in the environment, {} in the performance evaluation", memory,
                    facts->total_bytes);
    if (facts->process_rss_bytes && (*facts->process_rss_bytes < 1 || *facts->process_rss_bytes > memory))
      findings.Fail("a process of {} bytes in {} bytes of memory", *facts->process_rss_bytes, memory);
  }
}

void CheckTargets(const EnvironmentRecord& e, Findings& findings) {
  const auto& flags = e.cpu_flags;
  for (const std::string& name : e.simd_targets) {
    const SimdTargetFacts* target = FindSimdTarget(name);
    if (target == nullptr || (!target->architecture.empty() && target->architecture != e.architecture)) {
      findings.Fail("{} has no SIMD target \"{}\"", e.architecture, name);
      continue;
    }
    for (const std::string_view flag : target->flags) {
      if (!flags.empty() && std::find(flags.begin(), flags.end(), flag) == flags.end())
        findings.Fail("the SIMD target {} on a CPU without {}", name, flag);
    }
  }
}

// "Linux-6.1.0-13-amd64-x86_64-with-glibc2.36" is made of the facts beside it.
void CheckSystem(const EnvironmentRecord& e, Findings& findings) {
  std::string libc = e.libc;
  std::erase(libc, ' ');
  if (e.os.find(e.architecture) == std::string::npos || e.os.find(libc) == std::string::npos)
    findings.Fail("the system \"{}\" is not of the architecture {} with {}", e.os, e.architecture, e.libc);
}

// E7
void MachineIsPossible(const Subject& subject, Findings& findings) {
  const Evidence& e = *subject.evidence;
  CheckCores(e.environment, findings);
  CheckMemory(e, findings);
  CheckTargets(e.environment, findings);
  CheckSystem(e.environment, findings);
}

}  // namespace

std::vector<Rule> MachineRules() {
  return {{"E7", "the facts about the machine fit each other", MachineIsPossible, nullptr}};
}

}  // namespace convnext
