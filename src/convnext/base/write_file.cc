// Writing files: whole or not at all, and the checks that come before long work.
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <charconv>
#include <climits>
#include <filesystem>
#include <optional>
#include <system_error>

#include "convnext/base/file.h"
#include "convnext/base/file_parts.h"
#include "convnext/base/temporary_file.h"
#include "convnext/base/text.h"

namespace convnext {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kReadAndWrite = 0600, kUseDirectory = 0300;

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

// The process's umask as the system tells it. umask() tells it only by changing it, which other threads would see.
std::optional<mode_t> Umask() {
  constexpr std::string_view kLabel = "\nUmask:\t";
  const auto bytes = ReadFile("/proc/self/status", size_t{1} << 16);
  if (!bytes.ok()) return std::nullopt;
  const std::string_view text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  const size_t begin = text.find(kLabel);
  mode_t mask = 0;
  if (begin == std::string_view::npos) return std::nullopt;
  const char* digits = text.data() + begin + kLabel.size();
  if (std::from_chars(digits, text.data() + text.size(), mask, 8).ec != std::errc()) return std::nullopt;
  return mask;
}

// kIo if the umask takes rights from what this process makes that it needs itself. Root needs none.
Status CheckUmask(std::string_view action, const std::string& path, mode_t needed) {
  if (::geteuid() == 0) return {};
  const auto mask = Umask();
  if (!mask || (*mask & needed) == 0) return {};
  return IoError(
      "{}: cannot {}: the umask {:04o} takes this process's own rights to what it makes; expected one such as 0022 "
      "(umask 022)",
      Printable(path, 1000), action, *mask);
}

// Whether the name in `directory` could be given to another file. A sticky directory (/tmp) lets only the owners of
// file and directory do that.
Status CheckReplaceable(const std::string& path, const struct stat& file, const std::string& directory) {
  if (::access(directory.c_str(), W_OK | X_OK) != 0)
    return SystemError("replace it, as its directory cannot be written,", path, errno);
  struct stat parent {};
  if (::stat(directory.c_str(), &parent) != 0) return SystemError("write it", path, errno);
  const uid_t user = ::geteuid();
  if ((parent.st_mode & S_ISVTX) == 0 || user == 0 || user == file.st_uid || user == parent.st_uid) return {};
  return SystemError("replace it, as it is another user's in a sticky directory,", path, EPERM);
}

std::string ParentOf(const fs::path& path) { return path.has_parent_path() ? path.parent_path().string() : "."; }

// What exists of the path.
fs::path Nearest(fs::path path) {
  std::error_code ignored;
  while (!path.empty() && !fs::exists(path, ignored)) {
    const fs::path parent = path.parent_path();
    if (parent == path) break;
    path = parent;
  }
  return path.empty() ? fs::path(".") : path;
}

// The lengths of the names that are not there yet.
Status CheckNames(const fs::path& path, const fs::path& nearest) {
  const int64_t limit = ::pathconf(nearest.c_str(), _PC_NAME_MAX);
  for (const fs::path& name : path) {
    if (limit > 0 && name.native().size() > static_cast<size_t>(limit))
      return SystemError(fmt::format("write it, as {} bytes are the longest name there,", limit), path, ENAMETOOLONG);
  }
  return path.native().size() < PATH_MAX ? Status() : SystemError("write it", path, ENAMETOOLONG);
}

Status CheckNewFile(const fs::path& path) {
  const fs::path nearest = Nearest(path);
  std::error_code ignored;
  if (!fs::is_directory(nearest, ignored)) return SystemError("write it", path, ENOTDIR);
  CONVNEXT_RETURN_IF_ERROR(CheckNames(path, nearest));
  if (::access(nearest.c_str(), W_OK | X_OK) != 0) return SystemError("write it", path, errno);
  return {};
}

}  // namespace

std::string FollowLinks(const std::string& path) {
  constexpr int kMostLinks = 40;  // as the system
  fs::path found(path);
  std::error_code error;
  for (int i = 0; i < kMostLinks && fs::is_symlink(found, error); ++i) {
    const fs::path target = fs::read_symlink(found, error);
    if (error) break;
    found = found.parent_path() / target;
  }
  return found.string();
}

Status MakeDirectories(const std::string& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) return {};
  CONVNEXT_RETURN_IF_ERROR(CheckUmask("make the directory", path, kUseDirectory));
  fs::create_directories(path, error);
  if (error) return IoError("{}: cannot make the directory: {}", Printable(path, 1000), error.message());
  return {};
}

Status CheckWritable(const std::string& path) {
  const std::string target = FollowLinks(path);
  struct stat info {};
  if (::stat(target.c_str(), &info) != 0) {
    CONVNEXT_RETURN_IF_ERROR(CheckNewFile(target));
    return CheckUmask("write it", path, kReadAndWrite | kUseDirectory);
  }
  if (S_ISDIR(info.st_mode)) return SystemError("write it", path, EISDIR);
  if (::access(target.c_str(), W_OK) != 0) return SystemError("write it", path, errno);
  if (!S_ISREG(info.st_mode)) return {};
  CONVNEXT_RETURN_IF_ERROR(CheckReplaceable(path, info, ParentOf(target)));
  return CheckUmask("write it", path, kReadAndWrite);
}

Status WriteFile(const std::string& path, const std::function<Status(const WriteBytes&)>& fill) {
  const std::string target = FollowLinks(path), parent = ParentOf(target);
  struct stat info {};
  const bool exists = ::stat(target.c_str(), &info) == 0;
  if (exists && S_ISDIR(info.st_mode)) return SystemError("write it", path, EISDIR);
  if (exists && !S_ISREG(info.st_mode)) return WriteDirectly(path, fill);
  if (exists && ::access(target.c_str(), W_OK) != 0) return SystemError("write it", path, errno);
  CONVNEXT_RETURN_IF_ERROR(MakeDirectories(parent));
  CONVNEXT_RETURN_IF_ERROR(CheckUmask("write it", path, kReadAndWrite));

  TemporaryFile file(parent);
  if (file.error() != 0) return SystemError("write it", path, file.error());
  CONVNEXT_RETURN_IF_ERROR(Fill(file.descriptor(), path, fill));
  if (exists) ::fchmod(file.descriptor(), info.st_mode & 07777);  // a private file stays private
  if (::fsync(file.descriptor()) != 0) return SystemError("write it", path, errno);
  if (const int error = file.MoveTo(target); error != 0) return SystemError("write it", path, error);
  return {};
}

Status WriteFile(const std::string& path, std::string_view text) {
  return WriteFile(path, [&](const WriteBytes& write) { return write(std::as_bytes(std::span(text))); });
}

Result<bool> WriteNewFile(const std::string& path, std::string_view text) {
  const std::string parent = ParentOf(path);
  if (::access(path.c_str(), F_OK) == 0) return false;
  CONVNEXT_RETURN_IF_ERROR(MakeDirectories(parent));
  CONVNEXT_RETURN_IF_ERROR(CheckUmask("write it", path, kReadAndWrite));
  TemporaryFile file(parent);
  if (file.error() != 0) return SystemError("write it", path, file.error());
  CONVNEXT_RETURN_IF_ERROR(WriteAll(file.descriptor(), path, std::as_bytes(std::span(text))));
  if (::fsync(file.descriptor()) != 0) return SystemError("write it", path, errno);
  const int error = file.MoveToNew(path);
  if (error == EEXIST) return false;
  if (error != 0) return SystemError("write it", path, error);
  CONVNEXT_RETURN_IF_ERROR(SyncDirectory(parent));
  return true;
}

// File systems that cannot sync a directory say EINVAL, and have nothing to sync.
Status SyncDirectory(const std::string& directory) {
  const FileDescriptor opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.get() < 0) return SystemError("open it", directory, errno);
  if (::fsync(opened.get()) != 0 && errno != EINVAL && errno != EROFS) return SystemError("sync it", directory, errno);
  return {};
}

}  // namespace convnext
