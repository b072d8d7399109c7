#include "base/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/text.h"

namespace convnext {
namespace {

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

Status SystemError(std::string_view action, const std::string& path, int error) {
  const bool wrong_path = error == ENOENT || error == EISDIR || error == ENOTDIR || error == ENAMETOOLONG;
  return {wrong_path ? Code::kInvalid : Code::kIo,
          fmt::format("{}: cannot {}: {}", Printable(path, 1000), action, std::generic_category().message(error))};
}

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

Status WriteAll(int fd, const std::string& path, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return SystemError("write it", path, errno);
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
  return {};
}

Status Fill(int fd, const std::string& path, const std::function<Status(const WriteBytes&)>& fill) {
  return fill([&](std::span<const std::byte> bytes) { return WriteAll(fd, path, bytes); });
}

Status WriteDirectly(const std::string& path, const std::function<Status(const WriteBytes&)>& fill) {
  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (file.get() < 0) return SystemError("write it", path, errno);
  return Fill(file.get(), path, fill);
}

// Gives the unnamed file `fd` the name `path`, replacing what is there.
Status LinkToPath(int fd, const std::string& path) {
  const std::string source = fmt::format("/proc/self/fd/{}", fd);
  if (::linkat(AT_FDCWD, source.c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW) == 0) return {};
  if (errno != EEXIST) return SystemError("write it", path, errno);
  const std::string temporary = fmt::format("{}.{}.tmp", path, ::getpid());
  if (::linkat(AT_FDCWD, source.c_str(), AT_FDCWD, temporary.c_str(), AT_SYMLINK_FOLLOW) != 0) {
    return SystemError("write it", path, errno);
  }
  if (::rename(temporary.c_str(), path.c_str()) == 0) return {};
  const int error = errno;
  ::unlink(temporary.c_str());
  return SystemError("write it", path, error);
}

// For file systems without unnamed files (O_TMPFILE): a named temporary file, removed on failure.
Status WriteThroughTemporary(const std::string& path, const std::function<Status(const WriteBytes&)>& fill) {
  std::string temporary = path + ".XXXXXX";
  const FileDescriptor file(::mkstemp(temporary.data()));
  if (file.get() < 0) return SystemError("write it", path, errno);
  Status status = Fill(file.get(), path, fill);
  const mode_t mask = ::umask(0);
  ::umask(mask);
  if (status.ok() && (::fchmod(file.get(), 0666 & ~mask) != 0 || ::fsync(file.get()) != 0 ||
                      ::rename(temporary.c_str(), path.c_str()) != 0)) {
    status = SystemError("write it", path, errno);
  }
  if (!status.ok()) ::unlink(temporary.c_str());
  return status;
}

}  // namespace

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
    if (size > max_bytes) return Invalid("{}: larger than {} bytes, the most that is read", Printable(path), max_bytes);
    if (size == bytes.size()) bytes.resize(std::min(max_bytes, 2 * size) + 1);
  }
  bytes.resize(size);
  return bytes;
}

Result<MappedFile> MappedFile::Open(const std::string& path) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto opened, OpenForReading(path));
  const FileDescriptor file(opened.first);
  if (!S_ISREG(opened.second.st_mode)) return Invalid("{}: not a regular file", Printable(path));
  const auto size = static_cast<size_t>(opened.second.st_size);
  if (size == 0) return MappedFile(nullptr, 0);
  void* data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (data == MAP_FAILED) return SystemError("map it into memory", path, errno);
  return MappedFile(data, size);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
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

Status MakeDirectories(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return IoError("{}: cannot make the directory: {}", Printable(path, 1000), error.message());
  return {};
}

Status CheckWritable(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return SystemError("write it", path, EISDIR);
  std::filesystem::path nearest(path);  // what exists of the path
  while (!nearest.empty() && !std::filesystem::exists(nearest, ignored)) nearest = nearest.parent_path();
  if (nearest.empty()) nearest = ".";
  if (nearest != path && !std::filesystem::is_directory(nearest, ignored))
    return SystemError("write it", path, ENOTDIR);
  if (::access(nearest.c_str(), W_OK) != 0) return SystemError("write it", path, errno);
  return {};
}

Status WriteFile(const std::string& path, const std::function<Status(const WriteBytes&)>& fill) {
  std::error_code error;
  const auto kind = std::filesystem::status(path, error).type();
  if (kind == std::filesystem::file_type::directory) return SystemError("write it", path, EISDIR);
  const bool exists = kind != std::filesystem::file_type::not_found && kind != std::filesystem::file_type::none;
  if (exists && kind != std::filesystem::file_type::regular) return WriteDirectly(path, fill);
  if (exists && ::access(path.c_str(), W_OK) != 0) return SystemError("write it", path, errno);

  const auto target = exists ? std::filesystem::canonical(path, error) : std::filesystem::path(path);
  const std::string parent = target.has_parent_path() ? target.parent_path().string() : ".";
  CONVNEXT_RETURN_IF_ERROR(MakeDirectories(parent));

  const FileDescriptor file(::open(parent.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666));
  if (file.get() < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT)) {
    return WriteThroughTemporary(target.string(), fill);
  }
  if (file.get() < 0) return SystemError("write it", path, errno);
  CONVNEXT_RETURN_IF_ERROR(Fill(file.get(), path, fill));
  if (::fsync(file.get()) != 0) return SystemError("write it", path, errno);
  return LinkToPath(file.get(), target.string());
}

Status WriteFile(const std::string& path, std::string_view text) {
  return WriteFile(path, [&](const WriteBytes& write) { return write(std::as_bytes(std::span(text))); });
}

}  // namespace convnext
