// Speed: what no device can do. A run cannot take less time than its multiplications and additions take on the device.
#include <algorithm>
#include <cmath>

#include "convnext/check/rules.h"
#include "convnext/check/simd_targets.h"
#include "convnext/engine/engine.h"

namespace convnext {
namespace {

// Multiplications and additions that the device can do in a second, and more.
double MostOperationsPerSecond(const Evidence& e, const DeviceFacts& device) {
  if (device.device.starts_with("npu")) return kMostNpuOperationsPerSecond * static_cast<double>(DeviceCount(device));
  const SimdTargetFacts* target = FindSimdTarget(device.simd_target);
  const double in_a_cycle = (target == nullptr ? KnownSimdTargets().front() : *target).operations_in_a_cycle;
  const auto cores = static_cast<double>(std::min(device.threads, std::max<int64_t>(1, e.environment.usable_cores)));
  return kMostCyclesPerSecond * in_a_cycle * cores;
}

// The least time for a number of pictures.
class LeastTime {
 public:
  LeastTime(const Evidence& e, const ConvNeXtConfig& config, const DeviceFacts& device)
      : seconds_(static_cast<double>(OperationCount(config, WithinLimits(e.accuracy.model.image_size))) /
                 MostOperationsPerSecond(e, device)) {}

  void Check(const std::string& run, int64_t pictures, int64_t nanoseconds, Findings& findings) const {
    const double least = seconds_ * static_cast<double>(pictures);
    if (Seconds(nanoseconds) < least)
      findings.Fail("{}: {} ns for {} pictures; no such device takes less than {:.0f} ns", run, nanoseconds, pictures,
                    std::ceil(least * 1e9));
  }

 private:
  double seconds_;
};

// Nothing reads or copies more bytes in a second.
void CheckBytes(const std::string& what, int64_t bytes, int64_t nanoseconds, Findings& findings) {
  const double least = static_cast<double>(bytes) / kMostBytesPerSecond;
  if (nanoseconds <= 0 || Seconds(nanoseconds) < least)
    findings.Fail("{} took {} ns for {} bytes", what, nanoseconds, bytes);
}

// What an NPU's own clock says of its runs.
void CheckDeviceRuns(const Evidence& e, const LeastTime& least, Findings& findings) {
  const ImageSize size = WithinLimits(e.accuracy.model.image_size);
  const auto shortest = [](const std::vector<int64_t>& times) { return *std::min_element(times.begin(), times.end()); };
  for (const BatchTimes& batch : e.performance.batches) {
    if (batch.execute_ns.empty() || batch.copy_in_ns.empty() || batch.copy_out_ns.empty()) continue;  // rule E3
    const std::string run = fmt::format("batch {}, by the device's clock", batch.batch_size);
    constexpr int64_t kFloat = sizeof(float);
    least.Check(run, batch.batch_size, shortest(batch.execute_ns), findings);
    CheckBytes(run + ", copying in", kFloat * 3 * batch.batch_size * size.height * size.width,
               shortest(batch.copy_in_ns), findings);
    CheckBytes(run + ", copying out", kFloat * batch.batch_size * e.accuracy.model.embedding_dim,
               shortest(batch.copy_out_ns), findings);
  }
}

int64_t FileBytes(const Subject& subject, const std::vector<InputFacts>& inputs) {
  int64_t bytes = 0;
  for (const InputFacts& input : inputs) {
    if (const std::string* file = subject.Text(input.path)) bytes += static_cast<int64_t>(file->size());
  }
  return bytes;
}

void CheckEmbeddingSpeed(const Evidence& e, const ConvNeXtConfig& config, Findings& findings) {
  const EmbeddingRecord& record = *e.embedding;
  LeastTime(e, config, record.device).Check("the embedding", record.own_rows, record.run_ns, findings);
  CheckBytes("loading the model for the embedding", LeastWeightBytes(e), record.load_ns, findings);
}

// E6
void NothingIsTooFast(const Subject& subject, Findings& findings) {
  const Evidence& e = *subject.evidence;
  const auto config = ParseConfig(e.accuracy.model.config, "the model's config");
  if (!config.ok()) return findings.NotChecked("{}", config.status().message());
  const LeastTime least(e, *config, e.accuracy.device);
  for (const BatchTimes& batch : e.performance.batches) {
    for (const auto* times : {&batch.warmup_ns, &batch.times_ns}) {
      const std::string run = fmt::format("batch {}", batch.batch_size);
      if (!times->empty())
        least.Check(run, batch.batch_size, *std::min_element(times->begin(), times->end()), findings);
    }
  }
  least.Check("the first run", 1, e.performance.first_run_ns, findings);
  least.Check("the inference", static_cast<int64_t>(e.inference.inputs.size()), e.inference.model_ns, findings);
  least.Check("the accuracy evaluation", static_cast<int64_t>(e.accuracy.inputs.size()), e.accuracy.window.steady_ns,
              findings);
  CheckDeviceRuns(e, least, findings);
  if (e.embedding) CheckEmbeddingSpeed(e, *config, findings);
  const int64_t weights = LeastWeightBytes(e);
  CheckBytes("loading the model for the inference", weights, e.inference.load_ns, findings);
  CheckBytes("loading the model for the performance evaluation", weights, e.performance.load_ns, findings);
  CheckBytes("decoding the pictures", FileBytes(subject, e.inference.inputs), e.inference.decode_ns, findings);
}

}  // namespace

std::vector<Rule> SpeedRules() {
  return {{"E6", "no run took less time than its device needs for the multiplications", NothingIsTooFast, nullptr}};
}

}  // namespace convnext
