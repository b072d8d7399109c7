// What the sources of base/ that open files share.
#pragma once

#include <unistd.h>

#include <string>
#include <string_view>
#include <utility>

#include "convnext/base/status.h"

namespace convnext {

// A file descriptor that is closed with the object.
class FileDescriptor {
 public:
  explicit FileDescriptor(int fd = -1) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

// "path: cannot write it: No space left on device"; kInvalid where it is the path that is wrong.
Status SystemError(std::string_view action, const std::string& path, int error);

}  // namespace convnext
