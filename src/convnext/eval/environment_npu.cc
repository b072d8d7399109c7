// Huawei Ascend NPUs: what ascend/ finds of them.
#include <algorithm>
#include <charconv>

#include "convnext/ascend/run/run.h"
#include "convnext/eval/environment_parts.h"

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
