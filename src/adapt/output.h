#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "bundle/bundle.h"

namespace convnext {

// Makes `directory` ready for a run that is described by `job`: new and empty; or begun by a run of the same
// description, which is then gone on with. kInvalid for anything else, unless `force` allows a bundle to be replaced;
// then only files that a bundle consists of are removed (a .git stays).
Status BeginOutput(const std::string& directory, bool force, const nlohmann::ordered_json& job, const Files& files);

// Makes the directory and locks it; kInvalid if another process has it. Where there are no locks it does without.
Result<FileLock> LockOutput(const std::string& directory);

// Whether the run log under `directory` has `event`, and the files that it wrote are as they were.
Result<bool> IsRecorded(const std::string& directory, const std::string& event);

}  // namespace convnext
