// The job: adapt records what it was asked for before it measures; the phases must have done just that.
#include <algorithm>
#include <cmath>

#include "convnext/check/rules.h"

namespace convnext {
namespace {

// An NPU may report less than was asked for: what the audit of the compiled graph saw. Nothing is known of the flags of
// a model that was given.
bool IsAskedPrecision(const AdaptRecord& job, const Evidence& e) {
  if (job.dtype == e.accuracy.device.dtype) return true;
  const auto asked = FindPrecision(job.dtype), used = FindPrecision(e.accuracy.device.dtype);
  if (!asked || !used || !RanOnNpu(e)) return false;
  if (!job.om_sha256.empty()) return *used == Precision::kFloat16 || *used == Precision::kFloat32Unverified;
  return *used >= *asked;  // in the order of Precision, from exact to unknown
}

// 0 threads: all cores that the process may use.
bool IsAskedThreads(const AdaptRecord& job, const Evidence& e) {
  const int64_t used = e.accuracy.device.threads;
  if (RanOnNpu(e)) return used == 0;
  return used == (job.threads == 0 ? e.environment.usable_cores : job.threads);
}

bool IsAskedSize(const AdaptRecord& job, const Evidence& e) {
  return job.image_size == ImageSize{} || job.image_size == e.accuracy.model.image_size;
}

bool AreAskedInputs(const AdaptRecord& job, const Evidence& e) {
  std::map<std::string, std::string> inputs;
  for (const InputFacts& input : e.accuracy.inputs) inputs[input.path] = input.file_sha256;
  return job.inputs == inputs && e.accuracy.inputs.size() == inputs.size();
}

bool AreAskedRuns(const AdaptRecord& job, const PerformanceRecord& performance) {
  std::vector<int64_t> batch_sizes;
  for (const BatchTimes& batch : performance.batches) {
    batch_sizes.push_back(batch.batch_size);
    if (static_cast<int64_t>(batch.times_ns.size()) < job.runs ||
        static_cast<int64_t>(batch.warmup_ns.size()) != job.warmup)
      return false;
  }
  return job.batch_sizes == batch_sizes && job.min_time_sec == performance.min_time_sec;
}

// S9
void PhasesDidTheJob(const Subject& subject, Findings& findings) {
  const Evidence& e = *subject.evidence;
  if (!e.adapt) return findings.NotApplicable("the phases were run one by one, without adapt");
  const AdaptRecord& job = *e.adapt;
  const std::string& simd_target = e.accuracy.device.simd_target;
  const std::pair<bool, const char*> demands[] = {
      {job.tool == e.accuracy.tool, "program"},
      {job.requested_device == e.environment.requested_device && IsSameDevice(job.device, e.accuracy.device.device),
       "device"},
      {IsAskedPrecision(job, e), "dtype"},
      {IsAskedThreads(job, e), "number of threads"},
      {job.simd_target.empty() || job.simd_target == simd_target, "SIMD target"},
      {job.weights_sha256 == e.accuracy.model.weights_sha256, "model"},
      {job.om_sha256.empty() || (RanOnNpu(e) && IsSha256Hex(job.om_sha256)), "compiled model"},
      {IsAskedSize(job, e), "input size"},
      {AreAskedInputs(job, e), "pictures"},
      {AreAskedRuns(job, e.performance), "batch sizes, runs or least time"},
      {job.with_host_identity == e.environment.host.has_value(), "wish to name the host"},
  };
  for (const auto& [met, what] : demands) {
    if (!met) findings.Fail("adapt set out with another {} than the phases had", what);
  }
}

}  // namespace

std::vector<Rule> JobRules() { return {{"S9", "the phases did what adapt was asked for", PhasesDidTheJob, nullptr}}; }

}  // namespace convnext
