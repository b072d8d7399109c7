// The parts of ExamineNpu: each looks at the same facts for its own causes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "convnext/ascend/host/driver.h"
#include "convnext/ascend/host/npu_smi.h"
#include "convnext/ascend/host/probe_facts.h"
#include "convnext/base/base.h"

namespace convnext {

struct Examination {
  Machine machine;
  DriverFacts driver;
  std::optional<CannInstallation> cann;
  std::optional<std::string> npu_smi_text;
  NpuSmiInfo npu_smi;
  std::optional<ProbeFacts> probe;  // nullopt: not tried
};

// How far the probe came.
inline bool LibraryLoaded(const Examination& e) { return e.probe && e.probe->library_error.empty(); }
inline bool DeviceAnswered(const Examination& e) { return LibraryLoaded(e) && e.probe->device_count.value_or(0) > 0; }
inline bool DeviceWorks(const Examination& e) { return DeviceAnswered(e) && e.probe->failures.empty(); }

// The driver's version, from whoever tells it.
std::optional<std::string> DriverVersion(const Examination& e);

// The first directory of LD_LIBRARY_PATH, of /etc/ld.so.conf and of the system that holds a library.
std::optional<std::string> LoaderFinds(const Machine& machine, const std::string& library);

// The driver, its nodes and who may use them. One reason at most: each explains those that could follow.
std::optional<BlockingReason> DriverReason(const Examination& e);

// Whether CANN is there, its library can be loaded, and it fits the driver.
std::vector<BlockingReason> CannReasons(const Examination& e, bool driver_blocked);

// The visible devices, and what npu-smi says of them.
std::vector<BlockingReason> DeviceReasons(const Examination& e);

// The reasons that keep atc from compiling. Needs an installation that is there.
std::vector<BlockingReason> CompilerReasons(const Examination& e);

}  // namespace convnext
