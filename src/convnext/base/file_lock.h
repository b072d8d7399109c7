#pragma once

#include <string>
#include <utility>

#include "convnext/base/status.h"

namespace convnext {

// An exclusive lock on a file or a directory (flock) between processes. It goes with the object, and with the process,
// however that ends.
class FileLock {
 public:
  enum class Outcome {
    kTaken,
    kHeldElsewhere,
    kNoLocks,  // the file system has none
  };

  FileLock() = default;  // on nothing
  // Opens `path`, and makes the file if there is none; kIo if the system refuses. Nothing is locked yet.
  static Result<FileLock> OnFile(const std::string& path);
  // The same for a directory that is there. A symbolic link to one is refused unless `follow_link`.
  static Result<FileLock> OnDirectory(const std::string& path, bool follow_link);

  FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock();

  // Does not wait.
  Outcome TryLock();
  // Waits for at most so long.
  Outcome WaitLock(double seconds);
  int descriptor() const { return fd_; }  // of what it lies on

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  static Result<FileLock> Open(const std::string& path, int flags);
  int fd_ = -1;
};

}  // namespace convnext
