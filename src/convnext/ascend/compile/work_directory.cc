#include "convnext/ascend/compile/work_directory.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "convnext/ascend/compile/atc.h"

namespace convnext {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPrefix = "convnext-work.";
constexpr time_t kFreshSeconds = 600;  // its maker may not have locked it yet

// Whether the directory is ours, old, and nobody holds its lock.
bool IsAbandoned(FileLock& lock) {
  struct stat info {};
  return ::fstat(lock.descriptor(), &info) == 0 && info.st_uid == ::geteuid() &&
         info.st_mtime + kFreshSeconds < ::time(nullptr) && lock.TryLock() == FileLock::Outcome::kTaken;
}

void RemoveAbandoned(const std::string& parent) {
  std::error_code error;
  std::vector<std::string> found;
  for (fs::directory_iterator entry(parent, error), end; !error && entry != end; entry.increment(error)) {
    if (entry->path().filename().string().starts_with(kPrefix)) found.push_back(entry->path());
  }
  for (const std::string& path : found) {
    auto lock = FileLock::OnDirectory(path, false);
    if (lock.ok() && IsAbandoned(*lock)) fs::remove_all(path, error);
  }
}

// Where atc can work: directories that are there, without links in their paths.
std::vector<std::string> ParentCandidates(const std::string& cache, const Machine& machine) {
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
  const auto parents = ParentCandidates(cache, machine);
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
  auto lock = FileLock::OnDirectory(path, false);
  if (lock.ok()) lock->TryLock();
  return WorkDirectory(std::move(path), lock.ok() ? *std::move(lock) : FileLock());
}

WorkDirectory& WorkDirectory::operator=(WorkDirectory&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(lock_, other.lock_);
  return *this;
}

WorkDirectory::~WorkDirectory() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

}  // namespace convnext
