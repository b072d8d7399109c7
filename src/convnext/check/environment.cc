// Environment: where it ran, and on what.
#include <algorithm>
#include <cmath>

#include "convnext/check/rules.h"

namespace convnext {
namespace {

void Require(bool there, const char* what, Findings& findings) {
  if (!there) findings.Fail("the environment record lacks {}", what);
}

// E1
void EnvironmentIsStated(const Subject& subject, Findings& findings) {
  const EnvironmentRecord& e = subject.evidence->environment;
  Require(!e.os.empty() && !e.kernel.empty() && !e.architecture.empty() && !e.libc.empty(),
          "the operating system, kernel, architecture or C library", findings);
  Require(!e.cpu_model.empty() && e.cores > 0 && e.usable_cores > 0, "the CPU's model or its cores", findings);
  Require(e.memory_bytes > 0, "the memory", findings);
  Require(!e.simd_targets.empty(), "the SIMD targets", findings);
  Require(!e.window.timestamp.empty(), "the time", findings);
  Require(!e.libraries.empty(), "the libraries' versions", findings);
  for (const BlockingReason& reason : e.blocking_reasons) {
    if (reason.code == "npu.driver.missing" && (e.driver_version || e.npu_smi || e.npu_name || e.npu_count != 0))
      findings.Fail("{}, and an NPU's driver, name or npu-smi text", reason.code);
    if (reason.code == "npu.cann.missing" && e.cann_version)
      findings.Fail("{}, and CANN {}", reason.code, *e.cann_version);
  }
  if (!RanOnNpu(*subject.evidence)) return;
  Require(e.npu_count > 0 && e.npu_name && e.driver_version && e.cann_version, "the NPU's name, driver or CANN version",
          findings);
  if (!e.npu_smi) findings.Warn("no npu-smi text: what the NPU did beside the runs is not recorded");
}

// The largest number in "npu:0,npu:3".
int64_t LargestDeviceNumber(const std::string& device) {
  int64_t largest = 0;
  for (size_t colon = device.find(':'); colon != std::string::npos; colon = device.find(':', colon + 1))
    largest = std::max<int64_t>(largest, std::atoll(device.c_str() + colon + 1));
  return largest;
}

void CheckNpu(const Evidence& e, Findings& findings) {
  const DeviceFacts& device = e.accuracy.device;
  if (LargestDeviceNumber(device.device) >= device.npu_count)
    findings.Fail("{} where {} are visible", device.device, device.npu_count);
  if (device.npu_count < 1 || !device.npu_name) findings.Fail("{} without an NPU's name", device.device);
  for (const DeviceFacts* other : {&e.inference.device, &e.performance.device}) {
    if (other->npu_name != device.npu_name || other->npu_count != device.npu_count)
      findings.Fail("the phases name different NPUs");
  }
  if (e.environment.npu_name != device.npu_name)
    findings.Fail("the environment has another NPU than the accuracy evaluation");
  if (!e.environment.blocking_reasons.empty())
    findings.Fail("numbers of an NPU, and reasons why none can be used ({})", e.environment.blocking_reasons[0].code);
}

void CheckBlocked(const Evidence& e, Findings& findings) {
  if (e.environment.blocking_reasons.empty())
    findings.Fail("hardware: NPU with neither NPU data nor reasons why there are none");
  for (const BlockingReason& reason : e.environment.blocking_reasons) {
    if (reason.code.empty() || reason.symptom.empty() || reason.cause.empty() || reason.advice.empty())
      findings.Fail("a blocking reason lacks its code, symptom, cause or advice");
  }
  for (const DeviceFacts* device : {&e.inference.device, &e.accuracy.device, &e.performance.device}) {
    if (device->npu_count != 0 || device->npu_name) findings.Fail("{} with an NPU's name", device->device);
  }
}

// E2
void OneDevice(const Subject& subject, Findings& findings) {
  const Evidence& e = *subject.evidence;
  const std::string& device = e.accuracy.device.device;
  if (!FindDeviceKind(device)) findings.Fail("there is no device \"{}\"", device);
  if (e.inference.device.device != device || e.performance.device.device != device)
    findings.Fail("inference on {}, accuracy on {}, performance on {}", e.inference.device.device, device,
                  e.performance.device.device);
  const bool fell_back = IsNpu(e.environment.requested_device) && device == "cpu";
  if (!IsSameDevice(e.environment.requested_device, device) && !fell_back)
    findings.Fail("{} was asked for, {} was used", e.environment.requested_device, device);
  if (RanOnNpu(e)) return CheckNpu(e, findings);
  CheckBlocked(e, findings);
}

void CheckClocks(const std::string& phase, const Window& window, Findings& findings) {
  const auto wall = static_cast<double>(window.finished_ns - window.started_ns);
  const auto steady = static_cast<double>(window.steady_ns);
  if (std::abs(wall - steady) > std::max(kClockAgreement * steady, kClockSlackNs))
    findings.Warn("{}: {:.3f} s by the system clock, {:.3f} s by the steady clock", phase, wall / 1e9, steady / 1e9);
}

// The sum of times that are not negative; it stays at the largest number there is.
double TotalSeconds(std::initializer_list<const std::vector<int64_t>*> lists) {
  double total = 0;
  for (const auto* times : lists) {
    for (const int64_t time : *times) total += Seconds(time);
  }
  return total;
}

// A run cannot have taken longer than the phase in which it ran.
void CheckTimesFit(const Evidence& e, Findings& findings) {
  double seconds = Seconds(e.performance.load_ns) + Seconds(e.performance.first_run_ns);
  for (const BatchTimes& batch : e.performance.batches) seconds += TotalSeconds({&batch.warmup_ns, &batch.times_ns});
  if (seconds > Seconds(e.performance.window.steady_ns))
    findings.Fail("performance: {:.3f} s of runs in a phase of {:.3f} s", seconds,
                  Seconds(e.performance.window.steady_ns));
  seconds = Seconds(e.inference.load_ns) + Seconds(e.inference.decode_ns) + Seconds(e.inference.model_ns);
  if (seconds > Seconds(e.inference.window.steady_ns))
    findings.Fail("inference: {:.3f} s of work in a phase of {:.3f} s", seconds, Seconds(e.inference.window.steady_ns));
}

// A device of its own has a clock of its own: what it says of a run lies within the run.
void CheckDeviceTimes(const Evidence& e, Findings& findings) {
  for (const BatchTimes& batch : e.performance.batches) {
    const bool none = RanOnNpu(e) && !batch.no_device_times.empty();
    if (none) findings.Warn("batch {}: no times by the device's clock: {}", batch.batch_size, kNoDeviceTimes);
    if (!batch.no_device_times.empty() && batch.no_device_times != kNoDeviceTimes)
      findings.Fail("batch {}: a text of its own for why there are no times by the device's clock", batch.batch_size);
    const size_t runs = RanOnNpu(e) && !none ? batch.times_ns.size() : 0;
    if (batch.copy_in_ns.size() != runs || batch.execute_ns.size() != runs || batch.copy_out_ns.size() != runs) {
      findings.Fail("batch {}: {} runs and {} times by the device's clock", batch.batch_size, runs,
                    batch.execute_ns.size());
      continue;
    }
    for (size_t i = 0; i < runs; ++i) {
      const double device = static_cast<double>(batch.copy_in_ns[i]) + static_cast<double>(batch.execute_ns[i]) +
                            static_cast<double>(batch.copy_out_ns[i]);
      if (std::min({batch.copy_in_ns[i], batch.execute_ns[i], batch.copy_out_ns[i]}) < 0 ||
          device > kDeviceClockFactor * static_cast<double>(batch.times_ns[i]) + kDeviceClockSlackNs)
        findings.Fail("batch {} run {}: {:.3f} ms by the device's clock, {:.3f} ms by the host's", batch.batch_size, i,
                      device / 1e6, static_cast<double>(batch.times_ns[i]) / 1e6);
    }
  }
}

bool IsZone(double seconds) {
  const double steps = std::round(seconds / kZoneStepSec);
  return seconds >= kWesternZoneSec - kTimestampSlackSec && seconds <= kEasternZoneSec + kTimestampSlackSec &&
         std::abs(seconds - steps * kZoneStepSec) <= kTimestampSlackSec;
}

// A window's timestamp is its start, in some time zone.
void CheckTimestamp(const std::string& phase, const Window& window, Findings& findings) {
  const auto time = ParseTimestamp(window.timestamp);
  if (!time || !IsZone(*time - Seconds(window.started_ns)))
    findings.Fail("{}: the timestamp \"{}\" is not that of its start in any time zone", phase, window.timestamp);
}

double ZoneOf(const Window& window) {
  return ParseTimestamp(window.timestamp).value_or(0) - Seconds(window.started_ns);
}

// The lines of the run log are in the order of the phases' time, and a phase begins when the one before has ended.
void CheckOrder(const RunLog& log, std::vector<std::pair<std::string, Window>> windows, Findings& findings) {
  const auto line = [&log](const auto& named) { return log.Last(named.first)->sequence; };
  std::sort(windows.begin(), windows.end(), [&](const auto& a, const auto& b) { return line(a) < line(b); });
  for (size_t i = 1; i < windows.size(); ++i) {
    const auto& [before, earlier] = windows[i - 1];
    const auto& [after, later] = windows[i];
    const auto overlap = static_cast<double>(earlier.started_ns + earlier.steady_ns - later.started_ns);
    if (overlap > kClockSlackNs + kClockAgreement * static_cast<double>(earlier.steady_ns))
      findings.Fail("{} began {:.3f} s before {} had ended", after, overlap / 1e9, before);
    if (std::abs(ZoneOf(earlier) - ZoneOf(later)) > kZoneStepSec / 2)
      findings.Warn("{} and {} ran in different time zones", before, after);
  }
}

// The report comes last. It may be made elsewhere, in another time zone.
void CheckReportTime(const Evidence& e, const Window& last, Findings& findings) {
  const auto reported = ParseTimestamp(e.report.timestamp);
  if (!reported) return findings.Fail("the report's timestamp is \"{}\"", e.report.timestamp);
  const double early = Seconds(last.started_ns + last.steady_ns) - (*reported - ZoneOf(last));
  if (early > kEasternZoneSec - kWesternZoneSec)
    findings.Fail("the report is {:.1f} h older than its phases", early / 3600);
  else if (early > kTimestampSlackSec)
    findings.Warn("the report is {:.1f} h older than its phases", early / 3600);
}

// An embedding may take days, on other machines, while the phases run: it is not one of their sitting.
void CheckEmbeddingTimes(const Evidence& e, Findings& findings) {
  const EmbeddingRecord& record = *e.embedding;
  CheckTimestamp(kEmbeddingEvent, record.window, findings);
  CheckClocks(kEmbeddingEvent, record.window, findings);
  const double seconds = Seconds(record.load_ns) + Seconds(record.run_ns), phase = Seconds(record.window.steady_ns);
  if (seconds > phase) findings.Fail("embedding: {:.3f} s of work in a process of {:.3f} s", seconds, phase);
  CheckReportTime(e, record.window, findings);
}

// E3. Clocks jump, and an interrupted run goes on another day: worth knowing, not a fault.
void ClocksAgree(const Subject& subject, Findings& findings) {
  const Evidence& e = *subject.evidence;
  const std::vector<std::pair<std::string, Window>> windows = {{kEnvironmentEvent, e.environment.window},
                                                               {kInferenceEvent, e.inference.window},
                                                               {kAccuracyEvent, e.accuracy.window},
                                                               {kPerformanceEvent, e.performance.window}};
  const auto [first, last] = std::minmax_element(windows.begin(), windows.end(), [](const auto& a, const auto& b) {
    return a.second.started_ns < b.second.started_ns;
  });
  for (const auto& [phase, window] : windows) {
    CheckTimestamp(phase, window, findings);
    CheckClocks(phase, window, findings);
  }
  CheckTimesFit(e, findings);
  CheckDeviceTimes(e, findings);
  CheckOrder(*subject.log, windows, findings);
  CheckReportTime(e, last->second, findings);
  if (e.embedding) CheckEmbeddingTimes(e, findings);
  const double hours = static_cast<double>(last->second.started_ns - first->second.started_ns) / 3.6e12;
  if (hours > kOneSittingHours) findings.Warn("{} and {} began {:.1f} hours apart", first->first, last->first, hours);
}

// E4
void NoEmulator(const Subject& subject, Findings& findings) {
  const Evidence& e = *subject.evidence;
  if (!RanOnNpu(e)) return findings.NotApplicable("no NPU was used");
  if (IsEmulated(e)) findings.Fail("the NPU is an emulator: its numbers are no device's");
}

// E5
void NoSecret(const Subject& subject, Findings& findings) {
  for (const auto& [path, text] : subject.files) {
    if (!IsText(path)) continue;
    const std::string redacted = Redact(text, "");  // not with this machine's home: the verdict is the same everywhere
    if (redacted != text)
      findings.Fail("{} holds a credential or a home directory, {}", path, FirstDifference(text, redacted));
  }
  if (subject.evidence && subject.evidence->environment.host)
    findings.Warn("the bundle names the host and the user (--with_host_identity)");
}

}  // namespace

std::vector<Rule> EnvironmentRules() {
  return {
      {"E1", "the environment is stated; the NPU's too where one was used", EnvironmentIsStated, nullptr},
      {"E2", "one device everywhere: an NPU with its data, or the reasons why there is none", OneDevice,
       DevicesOfTexts},
      {"E3", "times fit in their phases; the clocks agree, and the phases belong to one sitting", ClocksAgree,
       TimestampsOfTexts},
      {"E4", "no emulator's numbers", NoEmulator, nullptr},
      {"E5", "no credential, and no host, user or home directory", NoSecret, NoSecret},
  };
}

}  // namespace convnext
