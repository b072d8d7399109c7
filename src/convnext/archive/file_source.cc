#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "convnext/archive/byte_source.h"

namespace convnext {
namespace {

Status OpenError(const std::string& path, int error) {
  const Status status = SystemError("open it", path, error);
  return status.code() == Code::kIo ? status.WithKind("archive.system") : status;
}

}  // namespace

Result<std::unique_ptr<FileSource>> FileSource::Open(const std::string& path) {
  // A pipe that nobody writes to must not hold us up.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return OpenError(path, errno);
  std::unique_ptr<FileSource> file(new FileSource(fd, 0));
  struct stat info {};
  if (::fstat(fd, &info) != 0) return OpenError(path, errno);
  if (S_ISDIR(info.st_mode)) return OpenError(path, EISDIR);
  if (!S_ISREG(info.st_mode)) {
    return Invalid("{}: not a regular file; archives are read from files alone", Printable(path, 1000))
        .WithKind("archive.unreadable");
  }
  file->size_ = info.st_size;
  return file;
}

FileSource::~FileSource() { ::close(fd_); }

size_t FileSource::ReadAt(int64_t offset, std::span<std::byte> buffer) {
  size_t filled = 0;
  while (filled < buffer.size() && !damage_) {
    const auto at = static_cast<off_t>(offset + static_cast<int64_t>(filled));
    const ssize_t count = ::pread(fd_, buffer.data() + filled, buffer.size() - filled, at);
    if (count == 0) break;
    if (count > 0) {
      filled += static_cast<size_t>(count);
    } else if (errno != EINTR) {
      damage_ = IoError("the system cannot read the file at byte {}: {}", at, std::generic_category().message(errno))
                    .WithKind("archive.system");
    }
  }
  return filled;
}

size_t FileSource::Read(std::span<std::byte> buffer) {
  const size_t count = ReadAt(position_, buffer);
  position_ += static_cast<int64_t>(count);
  return count;
}

int64_t FileSource::Skip(int64_t count) {
  const int64_t skipped = std::clamp<int64_t>(count, 0, std::max<int64_t>(size_ - position_, 0));
  position_ += skipped;
  return skipped;
}

bool FileSource::Seek(int64_t offset) {
  if (offset < 0 || offset > size_) return false;
  position_ = offset;
  return true;
}

}  // namespace convnext
