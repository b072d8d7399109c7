// Huawei Ascend NPUs: what ascend/ finds of them.
#include <algorithm>
#include <charconv>

#include "ascend/ascend.h"
#include "eval/environment_parts.h"

namespace convnext {
namespace {

// The first device that is named: 1 of "npu:1,npu:2", 0 of "npu" and of "cpu".
int FirstDevice(std::string_view device) {
  int index = 0;
  if (device.starts_with("npu:")) std::from_chars(device.data() + 4, device.data() + device.size(), index);
  return index;
}

// Libraries are loaded on this machine only, not on one that is a directory of files.
Probe ProbeFor(const EnvironmentRecord& record) {
  return [device = FirstDevice(record.requested_device)](const Machine& machine,
                                                         const std::optional<CannInstallation>& cann) {
    ProbeFacts untried;
    untried.library_error = kNotTried;
    return machine.root.empty() ? ProbeAscend(machine, cann, device) : untried;
  };
}

}  // namespace

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

void CollectNpu(const Machine& machine, EnvironmentRecord& record) {
  NpuFindings findings = ExamineNpu(machine, ProbeFor(record));
  record.npu_count = findings.npu_count;
  record.npu_name = std::move(findings.npu_name);
  record.driver_version = std::move(findings.driver_version);
  record.cann_version = std::move(findings.cann_version);
  record.npu_smi = std::move(findings.npu_smi);
  record.blocking_reasons = std::move(findings.reasons);
}

}  // namespace convnext
