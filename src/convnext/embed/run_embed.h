// The units of a rank, from pictures to commits.
#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "convnext/embed/committed.h"
#include "convnext/embed/rank.h"
#include "convnext/embed/unit_builder.h"

namespace convnext {

// What the bytes of an output depend on, as a JSON object: model, weights, preprocessing, device, dtype, ...
struct IdentityOptions {
  bool normalize = false;
  StoredType store = StoredType::kFloat32;
  int64_t batch_size = 16;  // counts on an NPU alone
};
std::string IdentityOf(const Engine& engine, const IdentityOptions& options);

struct EmbedProgress {
  int64_t units_done = 0, units = 0;    // of this rank
  int64_t inputs_done = 0, inputs = 0;  // of the units that were left when it began
  int64_t rows = 0;
  std::map<std::string, int64_t> failures;
  double seconds = 0;
};

struct EmbedOptions {
  std::string output;
  Rank rank;
  IdentityOptions identity;
  int decode_threads = 0;  // 0: as many as are useful
  std::optional<std::chrono::nanoseconds> item_timeout = {};
  bool retry_failed = false;                                // units with failures are done anew
  std::optional<double> max_failures = {};                  // stops above so many
  std::optional<double> max_failures_share = {};            // or above such a part of at least 100 inputs
  std::stop_token stop = {};                                // finishes the batches that were begun
  std::function<void(const EmbedProgress&)> progress = {};  // after each row and failure; may be empty
};

struct EmbedReport {
  EmbedProgress progress;
  int64_t units_left = 0;             // of this rank
  std::vector<std::string> problems;  // of units that could not be done
  std::vector<std::string> warnings;  // of the archives that were read to their end
  Status stopped;                     // why it ended before its last unit; ok: it did not
  int abandoned_threads = 0;          // that may hang for ever: the process must end without waiting for them
};

// kInvalid where the plan's identity is not that of `engine`, with both.
Result<EmbedReport> RunEmbed(const Engine& engine, const Plan& plan, const EmbedOptions& options);

}  // namespace convnext
