#pragma once

#include "convnext/bundle/evidence.h"
#include "convnext/bundle/run_log.h"
#include "convnext/facts/facts.h"

namespace convnext {

// The files that each phase of an evaluation leaves: raw data, results/*.json and logs/*.log.
Files EnvironmentFiles(const EnvironmentRecord& record);
Files InferenceFiles(const InferenceRecord& record, const Tensor<double>& embeddings);
Files AccuracyFiles(const AccuracyRecord& record, const Tensor<double>& reference, const Tensor<double>& test);
Files PerformanceFiles(const PerformanceRecord& record, const Tensor<double>& embeddings);

// And those of a run of convnext embed: the list of its units, a JSON and a log.
Files EmbeddingFiles(const EmbeddingRecord& record, const std::vector<EmbeddedUnit>& units);

// The pictures that `pictures` holds.
Files PictureFiles(const std::vector<SourcePicture>& pictures);

// Writes `files` under `directory`, each whole or not at all, and then the event's line in the run log there, which is
// what makes the event count. Processes that record in one directory take turns: the log has a line of each.
Status RecordEvent(const std::string& directory, const std::string& event, const nlohmann::ordered_json& record,
                   const Files& files);

// The same where the run log under `directory` is at hand, and nobody else's to write: `log`, which gets the line too.
Status RecordEvent(const std::string& directory, RunLog& log, const std::string& event,
                   const nlohmann::ordered_json& record, const Files& files);

// Writes `files` under `directory`.
Status WriteFiles(const std::string& directory, const Files& files);

// Locks a directory that is there for one writer of its run log; kInvalid if another process still has it after that
// time. Where there are no locks it does without.
Result<FileLock> LockRecords(const std::string& directory, double seconds);

// Whether RecordEvent could write under `directory`: to fail before long work, not after it.
Status CheckRecordable(const std::string& directory);

// The run log under `directory`; an empty one if there is none.
Result<RunLog> ReadRunLog(const std::string& directory);

}  // namespace convnext
