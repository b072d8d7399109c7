#pragma once

#include <functional>
#include <string>
#include <vector>

#include "convnext/eval/inputs.h"
#include "convnext/facts/facts.h"

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

}  // namespace convnext
