#include "convnext/base/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <system_error>
#include <thread>

#include "convnext/base/clock.h"
#include "convnext/base/text.h"

namespace convnext {

Result<FileLock> FileLock::Open(const std::string& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC, 0666);
  if (fd >= 0) return FileLock(fd);
  return IoError("{}: cannot open it: {}", Printable(path, 1000), std::generic_category().message(errno));
}

Result<FileLock> FileLock::OnFile(const std::string& path) { return Open(path, O_RDWR | O_CREAT); }

Result<FileLock> FileLock::OnDirectory(const std::string& path, bool follow_link) {
  return Open(path, O_RDONLY | O_DIRECTORY | (follow_link ? 0 : O_NOFOLLOW));
}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

FileLock::~FileLock() {
  if (fd_ >= 0) ::close(fd_);
}

// NOLINTNEXTLINE(readability-make-member-function-const): it changes the lock, which is the system's.
FileLock::Outcome FileLock::TryLock() {
  if (fd_ >= 0 && ::flock(fd_, LOCK_EX | LOCK_NB) == 0) return Outcome::kTaken;
  return fd_ >= 0 && errno == EWOULDBLOCK ? Outcome::kHeldElsewhere : Outcome::kNoLocks;
}

FileLock::Outcome FileLock::WaitLock(double seconds) {
  const Stopwatch stopwatch;
  Outcome outcome = TryLock();
  while (outcome == Outcome::kHeldElsewhere && stopwatch.Seconds() < seconds) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    outcome = TryLock();
  }
  return outcome;
}

}  // namespace convnext
