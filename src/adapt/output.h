#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "bundle/bundle.h"

namespace convnext {

// Makes `directory` ready for a run that is described by `job`: new and empty; or begun by a run of the same
// description, which is then gone on with. kInvalid for anything else, unless `force` allows a bundle to be replaced;
// then only files that a bundle consists of are removed (a .git stays).
Status BeginOutput(const std::string& directory, bool force, const nlohmann::ordered_json& job, const Files& files);

// Holds the directory while it lives; kInvalid if another process does. Makes the directory.
class OutputLock {
 public:
  static Result<OutputLock> Take(const std::string& directory);
  OutputLock(OutputLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  OutputLock& operator=(OutputLock&& other) noexcept;
  ~OutputLock();

 private:
  explicit OutputLock(int fd) : fd_(fd) {}
  int fd_;
};

// Whether the run log under `directory` has `event`, and the files that it wrote are as they were.
Result<bool> IsRecorded(const std::string& directory, const std::string& event);

}  // namespace convnext
