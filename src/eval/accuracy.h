#pragma once

#include <functional>
#include <string>
#include <vector>

#include "eval/inputs.h"
#include "eval/metrics.h"
#include "eval/records.h"
#include "eval/thresholds.h"

namespace convnext {

struct AccuracyOptions {
  EngineOptions engine;
  std::string reference = "cpu-reference";  // a device, or FILE.npy with FILE.json beside it
  double threshold_pct = kThresholdPct;     // at most kThresholdPct
  bool drift = false;                       // measure the activations after each stage too
  std::function<void(const std::string& step)> progress = {};
};

struct AccuracyRun {
  AccuracyRecord record;
  Tensor<double> reference;  // [N, D]
  Tensor<double> test;       // [N, D]
};

// Refuses what could not be evaluated, before anything is loaded.
Status CheckAccuracyOptions(const AccuracyOptions& options);

// Embeds the pictures on the device and on the reference, which get the same tensors.
Result<AccuracyRun> MeasureAccuracy(const AccuracyOptions& options, const std::vector<SourcePicture>& pictures);

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
