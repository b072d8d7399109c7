// Machine: the recorded facts about a host must fit each other.
#include <algorithm>
#include <cmath>

#include "convnext/check/rules.h"
#include "convnext/check/simd_targets.h"

namespace convnext {
namespace {

void CheckCores(const EnvironmentRecord& e, Findings& findings) {
  if (e.cores >= 1 && e.usable_cores > e.cores) findings.Fail("{} usable of {} cores", e.usable_cores, e.cores);
  if (e.quota_cores && !(std::isfinite(*e.quota_cores) && *e.quota_cores > 0))
    findings.Fail("a quota of {} cores", *e.quota_cores);
  if (e.quota_cores && static_cast<double>(e.usable_cores) > std::max(1.0, std::ceil(*e.quota_cores)))
    findings.Fail("{} usable cores with a quota of {}", e.usable_cores, *e.quota_cores);
}

// The weights alone take two bytes a parameter or four. (A virtual machine's memory may be changed while it runs.)
void CheckMemory(const Evidence& e, Findings& findings) {
  const int64_t memory = e.environment.memory_bytes;
  const int64_t weights = LeastWeightBytes(e);
  if (memory <= 0) return;  // rule E1 says so
  if (memory < weights) findings.Fail("{} bytes of memory, and weights of {} or more", memory, weights);
  for (const MemoryFacts* facts : {&e.performance.memory_before, &e.performance.memory_after}) {
    const double ratio = static_cast<double>(facts->total_bytes) / static_cast<double>(memory);
    if (!RanOnNpu(e) && (ratio > kNoise || ratio < 1 / kNoise))
      findings.Fail("{} bytes of memory in the environment, {} in the performance evaluation", memory,
                    facts->total_bytes);
    constexpr int64_t kLeastProcess = int64_t{1} << 20;  // this program's code alone
    if (facts->process_rss_bytes && (*facts->process_rss_bytes < kLeastProcess || *facts->process_rss_bytes > memory))
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
  const std::string release = e.kernel.substr(0, e.kernel.find(' '));
  const bool spelled_alike = release.find_first_of("/\\:;\"()") == std::string::npos;
  if (spelled_alike && e.os.find(release) == std::string::npos)
    findings.Fail("the system \"{}\" does not run the kernel {}", e.os, e.kernel);
}

// Makers of CPUs of one architecture. (Hygon and Zhaoxin make x86-64, Phytium and Ampere ARM.)
void CheckCpu(const EnvironmentRecord& e, Findings& findings) {
  constexpr std::pair<std::string_view, std::string_view> kMakers[] = {
      {"Intel", "x86_64"},   {"AMD ", "x86_64"},     {"Hygon", "x86_64"},
      {"Zhaoxin", "x86_64"}, {"Kunpeng", "aarch64"}, {"Neoverse", "aarch64"},
      {"Cortex", "aarch64"}, {"Phytium", "aarch64"}, {"Ampere", "aarch64"},
  };
  for (const auto& [maker, architecture] : kMakers) {
    const bool emulates = e.cpu_model.find("emulating") != std::string::npos;
    if (!emulates && e.cpu_model.find(maker) != std::string::npos && e.architecture != architecture)
      findings.Fail("{} on {}", e.cpu_model, e.architecture);
  }
}

// The table that npu-smi printed is of the same NPUs.
void CheckNpuSmi(const Evidence& e, Findings& findings) {
  if (!RanOnNpu(e)) return;
  const auto devices = static_cast<size_t>(DeviceCount(e.accuracy.device));
  for (const std::string& text :
       FindNpuSmiContradictions(e.environment, devices, e.performance.memory_after.total_bytes))
    findings.Fail("npu-smi shows {}", text);
}

// E7
void MachineIsPossible(const Subject& subject, Findings& findings) {
  const Evidence& e = *subject.evidence;
  CheckCores(e.environment, findings);
  CheckMemory(e, findings);
  CheckTargets(e.environment, findings);
  CheckSystem(e.environment, findings);
  CheckCpu(e.environment, findings);
  CheckNpuSmi(e, findings);
}

}  // namespace

std::vector<Rule> MachineRules() {
  return {{"E7", "the facts about the machine fit each other", MachineIsPossible, nullptr}};
}

}  // namespace convnext
