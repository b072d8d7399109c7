#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "convnext/eval/inputs.h"
#include "convnext/facts/facts.h"

namespace convnext {

struct PerformanceOptions {
  EngineOptions engine;
  std::vector<int64_t> batch_sizes = {1, 4, 8, 16};
  int64_t warmup = 3;
  int64_t runs = 10;
  double min_time_sec = 0;  // go on until a batch size has been timed for so long
  std::function<void(const std::string& step)> progress = {};
  bool profile = false;  // where the time goes
};

struct PerformanceRun {
  PerformanceRecord record;
  Tensor<double> embeddings;             // [sum of the batch sizes, D], of the last run of each batch size
  std::vector<ForwardProfile> profiles;  // of the timed runs of each batch size; none where the device does not tell
  std::optional<double> peak;            // operations a second, if a profile is wanted
};

// Refuses what could not be measured, before anything is loaded.
Status CheckPerformanceOptions(const PerformanceOptions& options);

// Times the forward pass alone: inputs are in memory before the clock starts, results are there when it stops
// (Session::Run returns when they are).
Result<PerformanceRun> MeasurePerformance(const PerformanceOptions& options,
                                          const std::vector<SourcePicture>& pictures);

}  // namespace convnext
