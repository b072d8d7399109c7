#include "convnext/base/temporary_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <system_error>
#include <vector>

namespace convnext {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = ".convnext-", kSuffix = ".tmp";
constexpr size_t kDigits = 16;
constexpr time_t kDay = time_t{24} * 3600;
constexpr int kAttempts = 100;
constexpr const char* kDescriptors = "/proc/self/fd";  // an unnamed file gets its name through there

std::string RandomName() {
  uint64_t bits = 0;
  // Fails only where the system has no random numbers yet, just after its start; names may then meet, and are retried.
  if (::getrandom(&bits, sizeof bits, GRND_NONBLOCK) < 0) bits = static_cast<uint64_t>(std::clock());
  return fmt::format("{}{:016x}{}", kPrefix, bits, kSuffix);
}

bool IsHexDigit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

bool IsAbandoned(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat info {};
  if (file.get() < 0 || ::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode) || info.st_uid != ::geteuid())
    return false;
  if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return true;
  return errno != EWOULDBLOCK && info.st_mtime + kDay < ::time(nullptr);
}

// Takes the lock that tells a file in use from an abandoned one; false if a sweep came between and removes the file.
bool Lock(int fd) {
  struct stat info {};
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) return errno != EWOULDBLOCK;  // no locks here
  return ::fstat(fd, &info) == 0 && info.st_nlink > 0;
}

}  // namespace

bool IsTemporaryName(std::string_view name) {
  if (name.size() != kPrefix.size() + kDigits + kSuffix.size()) return false;
  const std::string_view digits = name.substr(kPrefix.size(), kDigits);
  return name.starts_with(kPrefix) && name.ends_with(kSuffix) && std::all_of(digits.begin(), digits.end(), IsHexDigit);
}

void SweepTemporaryFiles(const std::string& directory) {
  std::error_code error;
  std::vector<std::string> found;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
    if (IsTemporaryName(entry->path().filename().string())) found.push_back(entry->path().string());
  }
  for (const std::string& path : found) {
    if (IsAbandoned(path)) ::unlink(path.c_str());
  }
}

TemporaryFile::TemporaryFile(std::string parent, Kind kind) : parent_(std::move(parent)) {
  if (kind == Kind::kUnnamed && ::access(kDescriptors, X_OK) == 0) {
    file_ = FileDescriptor(::open(parent_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0666));
    if (file_.get() >= 0) {
      ::flock(file_.get(), LOCK_EX | LOCK_NB);  // before it has a name; nobody else can hold it
      return;
    }
    error_ = errno;
    // EISDIR and ENOENT: a kernel that does not know the flag. The directory is there.
    if (error_ != EOPNOTSUPP && error_ != EISDIR && error_ != ENOENT && error_ != EINVAL) return;
  }
  OpenNamed();
}

TemporaryFile::~TemporaryFile() {
  if (!name_.empty()) ::unlink(name_.c_str());
}

void TemporaryFile::OpenNamed() {
  SweepTemporaryFiles(parent_);
  for (int i = 0; i < kAttempts; ++i) {
    const std::string name = parent_ + "/" + RandomName();
    file_ = FileDescriptor(::open(name.c_str(), O_CREAT | O_EXCL | O_NOFOLLOW | O_RDWR | O_CLOEXEC, 0666));
    error_ = file_.get() < 0 ? errno : 0;
    if (error_ == EEXIST) continue;
    if (error_ != 0) return;
    name_ = name;
    if (Lock(file_.get())) return;
  }
  error_ = EEXIST;
}

int TemporaryFile::LinkTo(const std::string& path) const {
  const std::string source = fmt::format("{}/{}", kDescriptors, file_.get());
  return ::linkat(AT_FDCWD, source.c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW) == 0 ? 0 : errno;
}

int TemporaryFile::GiveName() {
  SweepTemporaryFiles(parent_);
  int error = EEXIST;
  for (int i = 0; i < kAttempts && error == EEXIST; ++i) {
    const std::string name = parent_ + "/" + RandomName();
    error = LinkTo(name);
    if (error == 0) name_ = name;
  }
  return error;
}

int TemporaryFile::CopyTo(const std::string& path) const {
  const FileDescriptor target(::open(path.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC));
  if (target.get() < 0 || ::lseek(file_.get(), 0, SEEK_SET) != 0) return errno;
  std::vector<char> buffer(size_t{1} << 20);
  while (true) {
    const ssize_t count = ::read(file_.get(), buffer.data(), buffer.size());
    if (count <= 0) return count < 0 || ::fsync(target.get()) != 0 ? errno : 0;
    for (ssize_t done = 0; done < count;) {
      const ssize_t written = ::write(target.get(), buffer.data() + done, static_cast<size_t>(count - done));
      if (written < 0) return errno;
      done += written;
    }
  }
}

int TemporaryFile::MoveToNew(const std::string& path) {
  if (name_.empty()) return LinkTo(path);
  if (::link(name_.c_str(), path.c_str()) != 0) return errno;
  ::unlink(name_.c_str());
  name_.clear();
  return 0;
}

int TemporaryFile::MoveTo(const std::string& path) {
  if (name_.empty()) {
    int error = LinkTo(path);
    if (error == EEXIST) error = GiveName();
    if (error != 0 || name_.empty()) return error;
  }
  if (::rename(name_.c_str(), path.c_str()) != 0) return errno == EBUSY ? CopyTo(path) : errno;
  name_.clear();
  return 0;
}

}  // namespace convnext
