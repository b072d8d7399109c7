#pragma once

#include <map>
#include <string>
#include <vector>

#include "convnext/facts/facts.h"

namespace convnext {

class RunLog;

// Files by their path inside a bundle ("logs/inference.log"), as bytes.
using Files = std::map<std::string, std::string>;

// All that is raw in a bundle: the records of logs/run.jsonl and the vectors in raw/.
struct Evidence {
  EnvironmentRecord environment;
  InferenceRecord inference;
  AccuracyRecord accuracy;
  PerformanceRecord performance;
  ReportRecord report;
  std::optional<AdaptRecord> adapt;          // if adapt made it
  std::optional<EmbeddingRecord> embedding;  // if a run of convnext embed was recorded
  std::vector<EmbeddedUnit> embedded_units;  // in ascending order; none without that record
  Tensor<double> inference_embeddings;       // [inputs, D]
  Tensor<double> reference_embeddings;       // [inputs, D]
  Tensor<double> test_embeddings;            // [inputs, D]
  Tensor<double> performance_embeddings;     // [sum of the batch sizes, D], of the last run of each batch size
};

// Reads the last record of each kind, and the vectors; kInvalid if one is missing or does not fit the others.
// `unknown_fields` gets the names of fields that no record has.
Result<Evidence> ReadEvidence(const RunLog& log, const Files& files, std::vector<std::string>& unknown_fields);

// The texts that follow from the evidence, by path: results/*.json and logs/*.log.
Files RenderDocuments(const Evidence& evidence);

// Whether the tested device is an NPU, and whether that is an emulator: its name or its npu-smi says so.
bool RanOnNpu(const Evidence& evidence);
bool IsEmulated(const Evidence& evidence);

}  // namespace convnext
