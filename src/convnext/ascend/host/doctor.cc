#include "convnext/ascend/host/doctor.h"

#include <algorithm>

#include "convnext/ascend/host/doctor_parts.h"
#include "convnext/ascend/host/paths.h"

namespace convnext {
namespace {

constexpr double kNpuSmiSeconds = 20;

std::optional<std::string> FindNpuSmi(const Machine& machine) {
  if (auto program = FindProgram("npu-smi", Variable(machine, "PATH").value_or(""))) return program;
  for (const char* usual : {"/usr/local/bin/npu-smi", "/usr/local/sbin/npu-smi"}) {
    if (IsProgram(machine, usual)) return machine.root + usual;
  }
  return std::nullopt;
}

// The output of npu-smi, or why it cannot be run.
std::optional<std::string> NpuSmiText(const Machine& machine) {
  const auto program = FindNpuSmi(machine);
  if (!program) return std::nullopt;
  const auto result = RunProcess({*program, "info"}, {.timeout_seconds = kNpuSmiSeconds});
  return result.ok() ? result->output : result.status().message();
}

Examination Examine(const Machine& machine, const Probe& probe) {
  Examination e{machine, InspectDriver(machine), FindCann(machine), NpuSmiText(machine), {}, {}};
  if (e.npu_smi_text) e.npu_smi = ParseNpuSmi(*e.npu_smi_text);
  if (!probe || (!e.cann && !LoaderFinds(machine, "libascendcl.so"))) return e;
  e.probe = probe(machine, e.cann);
  if (e.probe->library_error == kNotTried) e.probe.reset();
  return e;
}

int64_t CountNpus(const Examination& e) {
  if (DeviceAnswered(e)) return *e.probe->device_count;
  const size_t count = e.driver.devices.empty() ? e.npu_smi.chips.size() : e.driver.devices.size();
  return static_cast<int64_t>(count);
}

// "Ascend910B4", which npu-smi calls "910B4".
std::optional<std::string> NpuName(const Examination& e) {
  if (e.probe && e.probe->soc_name) return e.probe->soc_name;
  if (e.npu_smi.chips.empty()) return std::nullopt;
  const std::string& name = e.npu_smi.chips[0].name;
  return name.starts_with("Ascend") ? name : "Ascend" + name;
}

std::optional<std::string> CannVersion(const Examination& e) {
  if (e.cann && e.cann->version) return e.cann->version;
  return e.probe ? e.probe->cann_version : std::nullopt;
}

bool HasCode(const std::vector<BlockingReason>& reasons, const std::string& code) {
  return std::any_of(reasons.begin(), reasons.end(), [&code](const auto& reason) { return reason.code == code; });
}

Bilingual SymptomOf(const BlockingReason& reason) {
  return {reason.symptom, reason.chinese ? reason.chinese->symptom : reason.symptom};
}

// The failures of the probe's calls. Where something was found that they follow from, they are part of its symptom;
// what is wrong with CANN itself stands for itself.
void MergeProbeFailures(const Examination& e, std::vector<BlockingReason>& reasons) {
  if (!LibraryLoaded(e)) return;
  const bool explained = !reasons.empty();
  for (const BlockingReason& failure : e.probe->failures) {
    if (HasCode(reasons, failure.code)) continue;
    if (explained && !failure.code.starts_with("npu.cann.")) {
      AddToSymptom(reasons[0], Say({"; when tried: {}", "；实际调用：{}"}, SymptomOf(failure)));
    } else {
      reasons.push_back(failure);
    }
  }
}

BlockingReason NoDevice(const Examination& e) {
  return MakeReason("npu.device.none",
                    Say({"CANN's library counts {} devices", "CANN 的库报告的设备数为 {}"},
                        e.probe->device_count ? Same("0") : Say({"no", "（未返回）"})),
                    Say({"the driver has found no NPU that this process may use", "驱动没有找到本进程可以使用的 NPU"}),
                    Say({"see what npu-smi info lists, and dmesg | tail", "查看 npu-smi info 的列表和 dmesg | tail"}));
}

// The reasons that keep the device from running a model.
std::vector<BlockingReason> RunReasons(const Examination& e) {
  std::vector<BlockingReason> reasons;
  if (DeviceWorks(e)) return reasons;
  const auto driver = DriverReason(e);
  if (driver) reasons.push_back(*driver);
  const auto add = [&reasons](std::vector<BlockingReason> more) {
    std::move(more.begin(), more.end(), std::back_inserter(reasons));
  };
  add(CannReasons(e, driver.has_value()));
  if (!driver) add(DeviceReasons(e));
  MergeProbeFailures(e, reasons);
  if (reasons.empty() && LibraryLoaded(e)) reasons.push_back(NoDevice(e));
  return reasons;
}

BlockingReason MakeSafe(const Machine& machine, BlockingReason reason) {
  const auto make_safe = [&machine](std::string& text) { text = SafeLine(machine, text); };
  for (std::string* text : {&reason.symptom, &reason.cause, &reason.advice}) make_safe(*text);
  if (!reason.chinese) return reason;
  for (std::string* text : {&reason.chinese->symptom, &reason.chinese->cause, &reason.chinese->advice})
    make_safe(*text);
  return reason;
}

std::optional<std::string> MakeSafe(const Machine& machine, const std::optional<std::string>& text) {
  return text ? std::optional(SafeLine(machine, *text)) : std::nullopt;
}

}  // namespace

std::optional<std::string> DriverVersion(const Examination& e) {
  if (e.driver.version) return e.driver.version;
  if (e.probe && e.probe->driver_version) return e.probe->driver_version;
  return e.npu_smi.version.empty() ? std::nullopt : std::optional(e.npu_smi.version);
}

NpuFindings ExamineNpu(const Machine& machine, const Probe& probe) {
  const Examination e = Examine(machine, probe);
  NpuFindings findings;
  findings.npu_count = CountNpus(e);
  findings.npu_name = MakeSafe(machine, NpuName(e));
  findings.driver_version = MakeSafe(machine, DriverVersion(e));
  findings.cann_version = MakeSafe(machine, CannVersion(e));
  if (e.npu_smi_text) findings.npu_smi = SafeLines(machine, *e.npu_smi_text);
  for (const auto& reasons : {RunReasons(e), CompilerReasons(e)}) {
    for (const BlockingReason& reason : reasons) {
      if (!HasCode(findings.reasons, reason.code)) findings.reasons.push_back(MakeSafe(machine, reason));
    }
  }
  return findings;
}

bool ConcernsCompilingOnly(const BlockingReason& reason) {
  return reason.code.starts_with("npu.atc.") || reason.code == "npu.cann.runtime_only" ||
         reason.code == "npu.cann.opp_missing" || reason.code == "npu.soc.unknown";
}

}  // namespace convnext
