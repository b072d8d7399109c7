// The whole job in one call: environment, inference, accuracy, performance, report, check.
#pragma once

#include <functional>
#include <string>

#include "convnext/bundle/bundle.h"
#include "convnext/check/check.h"
#include "convnext/engine.h"

namespace convnext {

struct AdaptOptions {
  EngineOptions engine;  // the device that is asked for
  std::vector<std::string> image_paths;
  int64_t num_images = 5;
  std::vector<int64_t> batch_sizes = {1, 4, 8, 16};
  int64_t warmup = 3;
  int64_t runs = 10;
  double min_time_sec = 0;
  ReportOptions report;
  std::optional<std::vector<std::string>> with_program;  // for GatherPrograms; nothing: the bundle carries none
  bool with_host_identity = false;
  std::string output;
  bool force = false;  // replace a bundle that is there
  std::function<void(const std::string& step)> progress = {};
};

struct AdaptOutcome {
  std::vector<BlockingReason>
      blocked;  // why the NPU that was asked for was not used; empty: it was, or none was asked for
  bool accuracy_passed = false;
  CheckReport check;
};

// Makes the bundle options.output. Where an NPU is asked for and cannot be used the CPU runs in its place, under its
// own name, and the reasons are recorded. A run that was interrupted goes on where it stopped, if it is asked for the
// same.
Result<AdaptOutcome> Adapt(const AdaptOptions& options);

}  // namespace convnext
