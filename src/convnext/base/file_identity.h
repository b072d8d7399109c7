#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>

namespace convnext {

// Which file a path names, however it is spelled and through whatever links, symbolic and hard: what writing to one
// path does to a file that is read under another.
struct FileIdentity {
  uint64_t device = 0, inode = 0;  // of the file; where there is none yet, of the nearest directory above it
  std::string rest = {};           // and the names below that
  bool operator==(const FileIdentity&) const = default;
  bool operator<(const FileIdentity& other) const {
    return std::tie(device, inode, rest) < std::tie(other.device, other.inode, other.rest);
  }
};

// nullopt for devices and pipes, which lose nothing by being written to, and for what cannot be looked at.
std::optional<FileIdentity> IdentifyFile(const std::string& path);
// The same for an open file, which must be a regular one.
std::optional<FileIdentity> IdentifyDescriptor(int fd);

}  // namespace convnext
