#include "convnext/bundle/directory.h"

#include <algorithm>
#include <filesystem>

#include "convnext/bundle/ignored.h"

namespace convnext {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxFiles = 4096, kMaxFileBytes = size_t{64} << 20, kMaxTotalBytes = size_t{512} << 20;
constexpr size_t kMaxPathBytes = 8192;
constexpr int kMaxDepth = 8;

// git's own: a directory or, in a worktree or a submodule, a small file that says where it is.
bool IsRepository(const fs::directory_entry& entry) {
  std::error_code error;
  const fs::file_type type = entry.symlink_status(error).type();
  if (type == fs::file_type::directory) return true;
  if (type != fs::file_type::regular) return false;
  const auto text = ReadFile(entry.path().string(), kMaxPathBytes);
  constexpr std::string_view kPrefix = "gitdir: ";
  if (!text.ok()) return false;
  std::string_view line(reinterpret_cast<const char*>(text->data()), text->size());
  if (line.ends_with('\n')) line.remove_suffix(1);
  return line.size() > kPrefix.size() && line.starts_with(kPrefix) && Printable(line, kMaxPathBytes) == line;
}

class Reader {
 public:
  explicit Reader(fs::path root) : root_(std::move(root)) {}

  void ReadAll() {
    std::error_code error;
    fs::recursive_directory_iterator entry(root_, error);
    for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
      if (found_.files.size() + found_.problems.size() >= kMaxFiles) {
        found_.problems.push_back(fmt::format("more than {} files", kMaxFiles));
        return;
      }
      if (entry.depth() == 0 && entry->path().filename() == ".git") {
        if (IsRepository(*entry)) {
          entry.disable_recursion_pending();
          continue;
        }
      }
      if (IsNotOfTheBundle(*entry)) {
        entry.disable_recursion_pending();
        continue;
      }
      Visit(*entry, entry.depth());
      if (entry.depth() >= kMaxDepth) entry.disable_recursion_pending();
    }
    if (error) found_.problems.push_back("cannot read the directory: " + error.message());
  }
  Directory Release() && { return std::move(found_); }

 private:
  bool IsNotOfTheBundle(const fs::directory_entry& entry) const {
    std::error_code error;
    const bool is_directory = entry.symlink_status(error).type() == fs::file_type::directory;
    return IsIgnored(entry.path().lexically_relative(root_).generic_string(), is_directory);
  }

  void Visit(const fs::directory_entry& entry, int depth) {
    std::error_code error;
    const std::string path = entry.path().lexically_relative(root_).generic_string();
    const fs::file_type type = entry.symlink_status(error).type();
    if (error) return AddProblem(path, error.message());
    if (type == fs::file_type::directory) {
      if (depth >= kMaxDepth) return AddProblem(path, fmt::format("a directory more than {} levels deep", kMaxDepth));
      if (fs::is_empty(entry.path(), error)) found_.empty_directories.push_back(Printable(path, 300));
      return;
    }
    if (type == fs::file_type::symlink) return AddProblem(path, "a symbolic link");
    if (type != fs::file_type::regular) return AddProblem(path, "not a regular file");
    if (!IsInside(path)) return AddProblem(path, "a name with characters that a bundle does not use");
    Read(entry.path().string(), path);
  }

  void Read(const std::string& file, const std::string& path) {
    const auto bytes = ReadFile(file, std::min(kMaxFileBytes, kMaxTotalBytes - total_bytes_));
    if (!bytes.ok()) return AddProblem(path, bytes.status().message());
    total_bytes_ += bytes->size();
    found_.files[path].assign(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  }

  void AddProblem(const std::string& path, std::string_view what) {
    found_.problems.push_back(fmt::format("{}: {}", Printable(path, 300), what));
  }

  fs::path root_;
  Directory found_;
  size_t total_bytes_ = 0;
};

}  // namespace

Result<Directory> ReadDirectory(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error))
    return Invalid("{}: not a directory; expected a bundle, as convnext adapt makes one", Printable(path, 1000));
  Reader reader(path);
  reader.ReadAll();
  return std::move(reader).Release();
}

bool IsInside(std::string_view path) {
  if (path.empty() || path.size() > 300 || Printable(path, 400) != path) return false;
  if (path.find('\\') != std::string_view::npos) return false;
  while (true) {
    const std::string_view part = path.substr(0, path.find('/'));
    if (part.empty() || part == "." || part == "..") return false;
    if (part.size() == path.size()) return true;
    path.remove_prefix(part.size() + 1);
  }
}

}  // namespace convnext
