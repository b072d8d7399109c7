#include "convnext/base/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "convnext/base/file_parts.h"
#include "convnext/base/text.h"

namespace convnext {
namespace {

// Opens `path` for reading and tells its size; only regular files and pipes are accepted.
Result<std::pair<int, struct stat>> OpenForReading(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return SystemError("open it", path, errno);
  struct stat info {};
  if (::fstat(fd, &info) != 0 || S_ISDIR(info.st_mode)) {
    const int error = S_ISDIR(info.st_mode) ? EISDIR : errno;
    ::close(fd);
    return SystemError("read it", path, error);
  }
  return std::pair(fd, info);
}

}  // namespace

Status SystemError(std::string_view action, const std::string& path, int error) {
  const bool wrong_path = error == ENOENT || error == EISDIR || error == ENOTDIR || error == ENAMETOOLONG;
  const Status status(
      wrong_path ? Code::kInvalid : Code::kIo,
      fmt::format("{}: cannot {}: {}", Printable(path, 1000), action, std::generic_category().message(error)));
  return status.WithKind(error == ENOENT ? "file.missing" : wrong_path ? "file.path" : "file.system");
}

Result<std::vector<std::byte>> ReadFile(const std::string& path, size_t max_bytes) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto opened, OpenForReading(path));
  const FileDescriptor file(opened.first);
  std::vector<std::byte> bytes(std::min(max_bytes, static_cast<size_t>(opened.second.st_size)) + 1);
  size_t size = 0;
  while (true) {
    const ssize_t count = ::read(file.get(), bytes.data() + size, bytes.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return SystemError("read it", path, errno);
    if (count == 0) break;
    size += static_cast<size_t>(count);
    if (size > max_bytes) {
      return Invalid("{}: larger than {} bytes, the most that is read", Printable(path), max_bytes)
          .WithKind("file.too_large");
    }
    if (size == bytes.size()) bytes.resize(std::min(max_bytes, 2 * size) + 1);
  }
  bytes.resize(size);
  return bytes;
}

Result<MappedFile> MappedFile::Open(const std::string& path) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto opened, OpenForReading(path));
  const FileDescriptor file(opened.first);
  if (!S_ISREG(opened.second.st_mode)) return Invalid("{}: not a regular file", Printable(path));
  const State state = StateOf(opened.second);
  if (state.bytes == 0) return MappedFile(path, state, nullptr);
  void* data = ::mmap(nullptr, static_cast<size_t>(state.bytes), PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (data == MAP_FAILED) return SystemError("map it into memory", path, errno);
  return MappedFile(path, state, data);
}

MappedFile::State MappedFile::StateOf(const struct stat& info) {
  return {info.st_dev, info.st_ino, info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec};
}

Status MappedFile::CheckUnchanged() const {
  struct stat info {};
  if (::stat(path_.c_str(), &info) != 0) return {};
  const State now = StateOf(info);
  if (now == state_ || now.device != state_.device || now.inode != state_.inode) return {};
  return Invalid("{}: it was written to while it was being read; wait until that is done, and run the command again",
                 Printable(path_, 1000));
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_(std::move(other.path_)),
      state_(other.state_),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(state_, other.state_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

void MappedFile::Release(std::span<const std::byte> part) const {
  if (part.empty()) return;
  static const auto page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
  // A page that is shared with a neighbour goes too, and comes back if the neighbour is read.
  const auto begin = static_cast<size_t>(part.data() - bytes().data());
  const size_t first_page = begin / page * page;
  ::madvise(static_cast<std::byte*>(data_) + first_page, begin + part.size() - first_page, MADV_DONTNEED);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

}  // namespace convnext
