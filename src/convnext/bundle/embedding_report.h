#pragma once

#include <string>
#include <vector>

#include "convnext/bundle/run_log.h"
#include "convnext/facts/facts.h"

namespace convnext {

// results/embedding.json and logs/embedding.log: what convnext embed left, in all and by code, and how fast the process
// was that recorded it.
std::string EmbeddingJson(const EmbeddingRecord& record, const std::vector<EmbeddedUnit>& units);
std::string EmbeddingLog(const EmbeddingRecord& record, const std::vector<EmbeddedUnit>& units);

// How an embedding's model and device are not those of the phases, a line each: "  dtype: float32 there, bfloat16
// here". Empty: they agree. Threads and the numbers of NPUs may differ: they do not change the rows.
std::string EmbeddingDifferences(const ModelFacts& model, const DeviceFacts& device, const EmbeddingRecord& here);

// kInvalid, with both sides named, if what `log` holds was measured with another program, model or device.
Status CheckJoins(const RunLog& log, const EmbeddingRecord& here);

}  // namespace convnext
