// How a run of convnext embed joins the evidence in a directory.
#pragma once

#include <string>

#include "cli/files.h"
#include "convnext/bundle/bundle.h"
#include "convnext/embed/embed.h"

namespace convnext::cli {

class EmbedEvidence {
 public:
  // `directory`: of --evidence; empty: nothing is recorded. The process begins now.
  EmbedEvidence(std::string directory, const EmbedOptions& embed) : directory_(std::move(directory)), embed_(embed) {}

  // Refuses before anything is written: a directory that cannot be written or would write over the model, and the
  // evidence of another model, device or program.
  Status Check(const EngineOptions& options, const Engine& engine);
  // Refuses a plan of more units than a bundle lists.
  Status CheckPlan(const Plan& plan) const;

  // Records what the process did and what the output now holds, as a line of the run log in the directory. A bundle
  // that has a report gets it anew.
  Status Record(const Plan& plan, const EmbedReport& report) const;

 private:
  const std::string directory_;
  const EmbedOptions& embed_;
  const WindowTimer timer_;
  EmbeddingRecord record_;
};

// Holds an output against the evidence in `directory`: what differs, a line each; none: it is the recorded one.
Result<std::vector<std::string>> CompareWithEvidence(const std::string& output, const std::string& directory);

}  // namespace convnext::cli
