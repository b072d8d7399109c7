#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "convnext/facts/thresholds.h"

namespace convnext {

// The same numbers on every machine: only sums in a fixed order, IEEE division and square roots.

// The values of numpy's mean, std (ddof 0), min, max and percentile (linear rule) for times / 1e9.
struct TimeStatistics {
  double avg_sec = 0;
  double std_sec = 0;
  double min_sec = 0;
  double max_sec = 0;
  double p50_sec = 0;
  double p90_sec = 0;
  double p95_sec = 0;
  double p99_sec = 0;
};

// At least one time, none negative; every int64 is allowed for, also in the sums.
TimeStatistics Summarize(std::span<const int64_t> times_ns);

// How steady a series of times is. A single run cannot be called stable, nor can one that the clock did not see
// (zeros).
struct Stability {
  double coefficient_of_variation = 0;  // std / mean; 0 if all times are zero
  double drift = 0;  // median of the last half / median of the first half - 1; the middle one of an odd count is in
                     // neither; 0 for a single time or if the first half's median is zero
  bool stable = false;
  std::string reason;  // why not; empty if stable
};
Stability AssessStability(std::span<const int64_t> times_ns);

// numpy.percentile with its linear rule, to the last bit. `sorted` is in ascending order and holds at least one value;
// `percent` is in [0, 100].
double Percentile(std::span<const double> sorted, double percent);

}  // namespace convnext
