#include "convnext/facts/environment_rules.h"

#include <algorithm>

#include "convnext/ascend/host/host.h"

namespace convnext {
namespace {

// Variables that change what runs here or how fast.
constexpr const char* kVariables[] = {
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "PYTHONPATH",
    "TOOLCHAIN_HOME",
    "OMP_NUM_THREADS",
    "OMP_PROC_BIND",
    "GOMP_CPU_AFFINITY",
    "MALLOC_ARENA_MAX",
    "CUDA_VISIBLE_DEVICES",
    "TE_PARALLEL_COMPILER",
    "DUMP_GE_GRAPH",
    "DUMP_GRAPH_LEVEL",
    "HCCL_CONNECT_TIMEOUT",
    "NPU_HOST",
    "LANG",
    "LC_ALL",
    "TZ",
};

}  // namespace

bool IsRecordedVariable(std::string_view name) {
  return name.starts_with("ASCEND_") ||
         std::find(std::begin(kVariables), std::end(kVariables), name) != std::end(kVariables);
}

bool IsRecordedCpuFlag(std::string_view flag) {
  for (const char* known : {"ssse3", "sse4_1", "sse4_2", "avx", "avx2", "fma", "f16c", "avx_vnni", "asimd", "asimdhp",
                            "asimddp", "asimdfhm", "sve", "sve2", "bf16", "svebf16", "i8mm", "svei8mm"}) {
    if (flag == known) return true;
  }
  const bool plain = std::all_of(flag.begin(), flag.end(), IsNameCharacter);
  return plain && flag.size() < 30 && (flag.starts_with("avx512") || flag.starts_with("amx_"));
}

std::vector<std::string> FindNpuSmiContradictions(const EnvironmentRecord& record, size_t devices,
                                                  int64_t device_memory_bytes) {
  std::vector<std::string> found;
  if (!record.npu_smi || !record.npu_name) return found;
  const NpuSmiInfo info = ParseNpuSmi(*record.npu_smi);
  const std::string& name = *record.npu_name;
  int64_t largest_mb = 0;
  bool named = false;
  for (const NpuSmiChip& chip : info.chips) {
    named = named || (!chip.name.empty() && name.find(chip.name) != std::string::npos);
    largest_mb = std::max(largest_mb, chip.total_mb.value_or(0));
  }
  const auto chips = static_cast<int64_t>(info.chips.size());
  if (chips < record.npu_count) found.push_back(fmt::format("{} chips, {} are visible", chips, record.npu_count));
  if (!named) found.push_back("no chip that may be called " + name);
  const int64_t most = largest_mb * static_cast<int64_t>(devices) << 20;
  if (largest_mb > 0 && device_memory_bytes > most + most / 10)
    found.push_back(fmt::format("{} MB a chip, and {} bytes in {} of them", largest_mb, device_memory_bytes, devices));
  return found;
}

bool IsRecordedReason(std::string_view code) {
  return IsReasonCode(code) || code == "npu.not_requested" || code == "npu.unavailable";
}

}  // namespace convnext
