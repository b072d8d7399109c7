// A private directory in which one compilation takes place.
#pragma once

#include <string>
#include <utility>

#include "convnext/base/base.h"

namespace convnext {

// Mode 0700; removed with the object. It is locked, so that one that a killed process left behind is told from
// one in use; such old ones are removed when a new one is made.
class WorkDirectory {
 public:
  // In `cache`, or where atc would not take that path (letters, digits, _ - . only) in TMPDIR or /tmp.
  // See docs/ascend-facts.md, "Compiling: command line".
  static Result<WorkDirectory> Make(const std::string& cache, const Machine& machine);
  WorkDirectory(WorkDirectory&& other) noexcept
      : path_(std::exchange(other.path_, "")), lock_(std::move(other.lock_)) {}
  WorkDirectory& operator=(WorkDirectory&& other) noexcept;
  ~WorkDirectory();

  const std::string& path() const { return path_; }  // absolute, without links

 private:
  WorkDirectory(std::string path, FileLock lock) : path_(std::move(path)), lock_(std::move(lock)) {}
  std::string path_;
  FileLock lock_;
};

}  // namespace convnext
