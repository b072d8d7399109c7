#include "convnext/base/file_identity.h"

#include <sys/stat.h>

#include <filesystem>
#include <system_error>

#include "convnext/base/file.h"

namespace convnext {
namespace {

namespace fs = std::filesystem;

std::optional<struct stat> Look(const fs::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return std::nullopt;
  return info;
}

}  // namespace

std::optional<FileIdentity> IdentifyFile(const std::string& path) {
  if (const auto info = Look(path)) {
    if (!S_ISREG(info->st_mode) && !S_ISDIR(info->st_mode)) return std::nullopt;
    return FileIdentity{info->st_dev, info->st_ino, {}};
  }
  std::error_code error;
  fs::path real = fs::weakly_canonical(fs::absolute(FollowLinks(path), error), error), rest;
  if (error) return std::nullopt;
  while (real.has_relative_path() && !Look(real)) {  // "new/../there" may be there after all
    rest = rest.empty() ? real.filename() : real.filename() / rest;
    real = real.parent_path();
  }
  const auto info = Look(real);
  if (!info) return std::nullopt;
  return FileIdentity{info->st_dev, info->st_ino, rest.string()};
}

std::optional<FileIdentity> IdentifyDescriptor(int fd) {
  struct stat info {};
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
  return FileIdentity{info.st_dev, info.st_ino, {}};
}

}  // namespace convnext
