// Speed: what no device can do. A run cannot take less time than its multiplications and additions take on the device.
#include <algorithm>
#include <cmath>

#include "check/rules.h"
#include "check/simd_targets.h"

namespace convnext {
namespace {

// Multiplications and additions that the tested device can do in a second, and more.
double MostOperationsPerSecond(const Evidence& e) {
  const DeviceFacts& device = e.accuracy.device;
  if (RanOnNpu(e)) {
    const auto devices = 1 + std::count(device.device.begin(), device.device.end(), ',');
    return kMostNpuOperationsPerSecond * static_cast<double>(devices);
  }
  const SimdTargetFacts* target = FindSimdTarget(device.simd_target);
  const double in_a_cycle = (target == nullptr ? KnownSimdTargets().front() : *target).operations_in_a_cycle;
  const auto cores = static_cast<double>(std::min(device.threads, std::max<int64_t>(1, e.environment.usable_cores)));
  return kMostCyclesPerSecond * in_a_cycle * cores;
}

// The least time for a number of pictures.
class LeastTime {
 public:
  LeastTime(const Evidence& e, const ConvNeXtConfig& config)
      : seconds_(static_cast<double>(OperationCount(config, WithinLimits(e.accuracy.model.image_size))) /
                 MostOperationsPerSecond(e)) {}

  void Check(const std::string& run, int64_t pictures, int64_t nanoseconds, Findings& findings) const {
    const double least = seconds_ * static_cast<double>(pictures);
    if (Seconds(nanoseconds) < least)
      findings.Fail("{}: {} ns for {} pictures; no such device takes less than {:.0f} ns", run, nanoseconds, pictures,
                    std::ceil(least * 1e9));
  }

 private:
  double seconds_;
};

void RequireSome(const char* what, int64_t nanoseconds, Findings& findings) {
  if (nanoseconds <= 0) findings.Fail("{} took no time", what);
}

// E6
void NothingIsTooFast(const Subject& subject, Findings& findings) {
  const Evidence& e = *subject.evidence;
  const auto config = ParseConfig(e.accuracy.model.config, "the model's config");
  if (!config.ok()) return findings.NotChecked("{}", config.status().message());
  const LeastTime least(e, *config);
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
  RequireSome("loading the model for the inference", e.inference.load_ns, findings);
  RequireSome("loading the model for the performance evaluation", e.performance.load_ns, findings);
  RequireSome("decoding the pictures", e.inference.decode_ns, findings);
}

}  // namespace

std::vector<Rule> SpeedRules() {
  return {{"E6", "no run took less time than its device needs for the multiplications", NothingIsTooFast, nullptr}};
}

}  // namespace convnext
