#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "convnext/bundle/bundle.h"

namespace convnext {

// Makes the directory and locks it; kInvalid if another process has it. Where there are no locks it does without.
Result<FileLock> LockOutput(const std::string& directory);

// A bundle that is being made. Its directory is read once; what is written to it later is kept here as well.
class Output {
 public:
  // Makes `directory`, which is there, ready for a run that is described by `job` and begins with `files`: it is empty
  // (but for what a host puts into a new repository), or was begun by a run of the same description, which is then gone
  // on with. kInvalid for anything else, unless `force` allows a bundle to be replaced; then only files that a bundle
  // consists of are removed (a .git stays).
  static Result<Output> Begin(const std::string& directory, bool force, const nlohmann::ordered_json& job,
                              const Files& files);

  // Whether the run log has `event`, and the raw files that it wrote are as they were.
  bool IsRecorded(const std::string& event) const;

  // Writes `files` and then the event's line in the run log, which is what makes the event count.
  Status Record(const std::string& event, const nlohmann::ordered_json& record, const Files& files);

  // Whether there is a report of all that is recorded, made for what `wanted` is for (its time and repository may be
  // others), and its files are as they were.
  bool IsReported(const ReportRecord& wanted) const;

  const Files& files() const { return files_; }

 private:
  explicit Output(std::string directory) : directory_(std::move(directory)) {}
  Status Start(const nlohmann::ordered_json& job, const Files& files);
  Status Resume(const nlohmann::ordered_json& job, const Files& files);
  Status Write(const Files& files);
  bool Holds(const std::string& path, const std::string& digest) const;
  bool HoldsHosted(const std::string& path) const;  // with whatever lines a host has added

  std::string directory_;
  RunLog log_;
  Files files_;
};

}  // namespace convnext
