#include "ascend/work_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "ascend/atc.h"

namespace convnext {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPrefix = "convnext-work.";
constexpr time_t kFreshSeconds = 600;  // its maker may not have locked it yet

int OpenDirectory(const std::string& path) {
  return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

// Whether the directory is ours, old, and nobody holds its lock.
bool IsAbandoned(int fd) {
  struct stat info {};
  return ::fstat(fd, &info) == 0 && info.st_uid == ::geteuid() && info.st_mtime + kFreshSeconds < ::time(nullptr) &&
         ::flock(fd, LOCK_EX | LOCK_NB) == 0;
}

void RemoveAbandoned(const std::string& parent) {
  std::error_code error;
  std::vector<std::string> found;
  for (fs::directory_iterator entry(parent, error), end; !error && entry != end; entry.increment(error)) {
    if (entry->path().filename().string().starts_with(kPrefix)) found.push_back(entry->path());
  }
  for (const std::string& path : found) {
    const int fd = OpenDirectory(path);
    if (fd < 0) continue;
    if (IsAbandoned(fd)) fs::remove_all(path, error);
    ::close(fd);
  }
}

// Where atc can work: directories that are there, without links in their paths.
std::vector<std::string> Parents(const std::string& cache, const Machine& machine) {
  std::vector<std::string> parents;
  for (const std::string& directory : {cache, Variable(machine, "TMPDIR").value_or("/tmp"), std::string("/tmp")}) {
    std::error_code error;
    const fs::path real = fs::canonical(directory, error);
    if (!error && IsAtcPath(real) && ::access(real.c_str(), W_OK | X_OK) == 0) parents.push_back(real);
  }
  return parents;
}

}  // namespace

Result<WorkDirectory> WorkDirectory::Make(const std::string& cache, const Machine& machine) {
  const auto parents = Parents(cache, machine);
  if (parents.empty()) {
    return IoError(
        "atc takes only letters, digits, '_', '-' and '.' in paths. {} has others, and in TMPDIR and /tmp there is no "
        "directory without them that can be written. Give another cache with XDG_CACHE_HOME (or convnext compile "
        "--cache)",
        Printable(cache, 1000));
  }
  RemoveAbandoned(parents[0]);
  std::string path = parents[0] + "/" + kPrefix + "XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) {
    return IoError("{}: cannot make a directory in it: {}", Printable(parents[0], 1000),
                   std::generic_category().message(errno));
  }
  const int fd = OpenDirectory(path);
  if (fd >= 0) ::flock(fd, LOCK_EX | LOCK_NB);
  return WorkDirectory(std::move(path), fd);
}

WorkDirectory::WorkDirectory(WorkDirectory&& other) noexcept
    : path_(std::exchange(other.path_, "")), fd_(std::exchange(other.fd_, -1)) {}

WorkDirectory& WorkDirectory::operator=(WorkDirectory&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(fd_, other.fd_);
  return *this;
}

WorkDirectory::~WorkDirectory() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace convnext
