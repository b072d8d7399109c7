#pragma once

#include <span>
#include <string>
#include <vector>

#include "convnext/facts/metrics.h"
#include "convnext/facts/records.h"

namespace convnext {

// The verdict on the vectors. Computed from them alone, wherever they come from.
struct AccuracyVerdict {
  std::vector<Metrics> images;
  double max_rel_error_pct = 0;   // the largest of the images'
  double mean_rel_error_pct = 0;  // the mean of the images' means
  double min_cosine_similarity = 0;
  ChannelError worst_channel;
  std::vector<std::string> failures;  // why it fails; empty: it passes
  bool passed() const { return failures.empty(); }
};
AccuracyVerdict AssessAccuracy(const AccuracyRecord& record, const Tensor<double>& reference,
                               const Tensor<double>& test);

// Whether one of two devices' vectors is a copy of the other: no two implementations round all numbers to the same
// float32. (cpu-reference is the exception: it is exact to the last digit of float32, and so may another reference be.)
bool IsCopy(const AccuracyRecord& record, std::span<const double> reference, std::span<const double> test);

// Row `n` of a matrix [N, D].
std::span<const double> MatrixRow(const Tensor<double>& matrix, size_t n);

}  // namespace convnext
