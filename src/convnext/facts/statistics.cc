#include "convnext/facts/statistics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace convnext {
namespace {

constexpr double kNanoseconds = 1e9;  // per second

__extension__ typedef __int128 Int128;  // NOLINT(modernize-use-using): __extension__ takes no using

Int128 Sum(std::span<const int64_t> times_ns) {
  Int128 sum = 0;
  for (const int64_t time : times_ns) sum += time;
  return sum;
}

// The deviations are n x - sum, exact, over n: near the mean of long times a difference of doubles would hold nothing.
double StandardDeviation(std::span<const int64_t> times_ns) {
  const Int128 sum = Sum(times_ns), count = static_cast<Int128>(times_ns.size());
  const auto n = static_cast<double>(times_ns.size());
  double squares = 0;
  for (const int64_t time : times_ns) {
    const double deviation = static_cast<double>(time * count - sum) / n;
    squares += deviation * deviation;
  }
  return std::sqrt(squares / n) / kNanoseconds;
}

std::vector<double> SortedSeconds(std::span<const int64_t> times_ns) {
  std::vector<double> seconds;
  seconds.reserve(times_ns.size());
  for (const int64_t time : times_ns) seconds.push_back(static_cast<double>(time) / kNanoseconds);
  std::sort(seconds.begin(), seconds.end());
  return seconds;
}

double MedianSeconds(std::span<const int64_t> times_ns) { return Percentile(SortedSeconds(times_ns), 50); }

// Needs two times or more.
double Drift(std::span<const int64_t> times_ns) {
  const size_t half = times_ns.size() / 2;
  const double first = MedianSeconds(times_ns.first(half)), last = MedianSeconds(times_ns.last(half));
  return first > 0 ? last / first - 1 : 0;
}

std::string VariationReason(double variation) {
  if (variation <= kStableVariation) return "";
  return fmt::format("the times vary by {:.1f} % (coefficient of variation; at most {:.0f} % counts as stable)",
                     100 * variation, 100 * kStableVariation);
}

std::string DriftReason(double drift) {
  if (std::abs(drift) <= kStableDrift) return "";
  return fmt::format(
      "the times drift: the last half's median is {:.1f} % {} the first half's (at most {:.0f} % counts "
      "as stable)",
      100 * std::abs(drift), drift > 0 ? "above" : "below", 100 * kStableDrift);
}

std::string InstabilityReason(std::span<const int64_t> times_ns, const Stability& stability) {
  if (times_ns.size() == 1) return "a single run: how steady the times are takes at least 2";
  if (std::find(times_ns.begin(), times_ns.end(), 0) != times_ns.end()) {
    return "a time of zero: the clock did not see the run";
  }
  const std::string variation = VariationReason(stability.coefficient_of_variation);
  const std::string drift = DriftReason(stability.drift);
  return variation + (variation.empty() || drift.empty() ? "" : "; ") + drift;
}

}  // namespace

// As numpy/lib/_function_base_impl.py: the interpolation starts from the nearer of the two neighbours.
double Percentile(std::span<const double> sorted, double percent) {
  const double position = static_cast<double>(sorted.size() - 1) * (percent / 100);
  const auto below = static_cast<size_t>(position);
  if (below + 1 >= sorted.size()) return sorted.back();
  const double fraction = position - static_cast<double>(below);
  const double step = sorted[below + 1] - sorted[below];
  return fraction < 0.5 ? sorted[below] + step * fraction : sorted[below + 1] - step * (1 - fraction);
}

TimeStatistics Summarize(std::span<const int64_t> times_ns) {
  const std::vector<double> seconds = SortedSeconds(times_ns);
  TimeStatistics statistics;
  statistics.avg_sec = static_cast<double>(Sum(times_ns)) / (static_cast<double>(times_ns.size()) * kNanoseconds);
  statistics.std_sec = StandardDeviation(times_ns);
  statistics.min_sec = seconds.front();
  statistics.max_sec = seconds.back();
  statistics.p50_sec = Percentile(seconds, 50);
  statistics.p90_sec = Percentile(seconds, 90);
  statistics.p95_sec = Percentile(seconds, 95);
  statistics.p99_sec = Percentile(seconds, 99);
  return statistics;
}

Stability AssessStability(std::span<const int64_t> times_ns) {
  const TimeStatistics statistics = Summarize(times_ns);
  Stability stability;
  if (statistics.avg_sec > 0) stability.coefficient_of_variation = statistics.std_sec / statistics.avg_sec;
  if (times_ns.size() > 1) stability.drift = Drift(times_ns);
  stability.reason = InstabilityReason(times_ns, stability);
  stability.stable = stability.reason.empty();
  return stability;
}

}  // namespace convnext
