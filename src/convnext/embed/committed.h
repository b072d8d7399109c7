// What an output directory holds: the units that are committed, and whether they are whole.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "convnext/embed/plan.h"

namespace convnext {

// A unit as its commit tells it.
struct CommittedUnit {
  int64_t unit = 0, rows = 0, embedding_dim = 0;
  std::string plan_sha256, store;
  std::string embeddings_sha256, metadata_sha256, failures_sha256;  // the last: empty where there is no such file
  std::map<std::string, int64_t> failures;                          // by kind
  std::vector<std::string> warnings;
  std::string identity;  // a JSON object
  std::string sha256;    // of the commit itself

  int64_t failed() const;
};

// A commit as text.
Result<CommittedUnit> ParseCommitted(std::string_view text);
// Of the unit `unit`; nullopt where it is not committed.
Result<std::optional<CommittedUnit>> ReadCommitted(const std::string& output, int64_t unit, int64_t units);

struct EmbedStatus {
  int64_t units = 0, units_done = 0;
  int64_t inputs = 0, inputs_done = 0;  // files and samples; done: of committed units
  int64_t rows = 0;
  std::map<std::string, int64_t> failures;
  std::vector<std::string> warnings;
  std::vector<int64_t> missing;  // units
};
Result<EmbedStatus> ReadStatus(const std::string& output, const Plan& plan);

// The input that a line of metadata or failures is about, as its index in the unit; nothing where it is about the
// archive.
Result<std::optional<int64_t>> ParseRecordLine(std::string_view line);

// A verdict on an output directory: every input of the plan is a row or a failure, once; every digest agrees; one
// model.
struct VerifyReport {
  EmbedStatus status;
  std::vector<std::string> problems;  // each names a file, what is wrong, and what to do
};
Result<VerifyReport> VerifyOutput(const std::string& output);

struct MergeReport {
  int64_t rows = 0, embedding_dim = 0;
  std::map<std::string, int64_t> failures;
};
// Writes all rows to one .npy file in the order of the plan, and their metadata to one of JSON lines where `metadata`
// is not empty. kInvalid where a unit is missing or is not what its commit says.
Result<MergeReport> MergeOutput(const std::string& output, const std::string& embeddings, const std::string& metadata);

}  // namespace convnext
