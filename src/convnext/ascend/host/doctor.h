// Why an NPU cannot be used: the driver, its devices, permissions, CANN, its libraries, the device, the compiler, one
// after the other.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "convnext/ascend/host/probe_facts.h"
#include "convnext/base/base.h"

namespace convnext {

struct NpuFindings {
  int64_t npu_count = 0;
  std::optional<std::string> npu_name, driver_version, cann_version;
  std::optional<std::string> npu_smi;   // what it printed
  std::vector<BlockingReason> reasons;  // empty: usable
};

using Probe = std::function<ProbeFacts(const Machine&, const std::optional<CannInstallation>&)>;

// Looks at the files, asks npu-smi (for at most 20 s), and calls `probe` where CANN is there. The probe's success
// overrules what the files look like; where it failed, a cause that the files show stands before its error codes.
// All texts are redacted, printable and of limited length. Reasons have these codes:
//   npu.driver.missing npu.driver.modules npu.device.none npu.device.permission npu.container.devices
//   npu.cann.missing npu.cann.not_sourced npu.cann.hal_missing npu.cann.stub_library npu.cann.library
//   npu.cann.driver_mismatch npu.visible_devices npu.device.occupied npu.device.unhealthy npu.device.memory
//   npu.cann.runtime_only npu.cann.opp_missing npu.soc.unknown npu.atc.missing npu.atc.python
// and those of the probe's failures. npu.driver.missing comes with no driver version, device or npu-smi text, and
// npu.cann.missing with no CANN version.
NpuFindings ExamineNpu(const Machine& machine, const Probe& probe);

// Whether a reason keeps a model from being compiled only: one that is compiled already can run.
bool ConcernsCompilingOnly(const BlockingReason& reason);

}  // namespace convnext
