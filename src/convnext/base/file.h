#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "convnext/base/status.h"

struct stat;

namespace convnext {

// A whole file in memory. At most `max_bytes` are accepted (kInvalid above that); a missing file or a directory is
// kInvalid, any other refusal by the system kIo.
Result<std::vector<std::byte>> ReadFile(const std::string& path, size_t max_bytes);

// A file mapped read-only for as long as the object lives. The file must not shrink meanwhile: reading what is gone
// raises SIGBUS, which is the program's to handle (cli/signals.cc does), as a library must not.
class MappedFile {
 public:
  static Result<MappedFile> Open(const std::string& path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  std::span<const std::byte> bytes() const { return {static_cast<const std::byte*>(data_), size_}; }
  // kInvalid if somebody has written to the file since it was opened: what was read of it may be half old, half new. A
  // file that got its name later does not matter.
  Status CheckUnchanged() const;
  // Takes the pages of `part` of the bytes out of this process's memory. They may be read again: the file has them.
  void Release(std::span<const std::byte> part) const;

 private:
  // What the system tells of a file and every write changes.
  struct State {
    uint64_t device = 0, inode = 0;
    int64_t bytes = 0, modified_sec = 0, modified_ns = 0;
    bool operator==(const State&) const = default;
  };
  static State StateOf(const struct stat& info);
  MappedFile(std::string path, const State& state, void* data)
      : path_(std::move(path)), state_(state), data_(data), size_(static_cast<size_t>(state.bytes)) {}

  std::string path_;
  State state_;
  void* data_ = nullptr;
  size_t size_ = 0;
};

// Gives the bytes of a file that is being written, piece by piece.
using WriteBytes = std::function<Status(std::span<const std::byte>)>;

// Writes `path` whole or not at all: the bytes that `fill` gives go to an unnamed file, which is synced and only then
// takes the name (an interrupted or killed process leaves nothing behind; on file systems without unnamed files a
// hidden file, which the next writing there removes). An existing file is replaced, and its mode kept; symbolic links
// are followed; a device or a pipe is written to directly. Missing parent directories are made.
Status WriteFile(const std::string& path, const std::function<Status(const WriteBytes&)>& fill);
Status WriteFile(const std::string& path, std::string_view text);

// The same for a name that is free: false, and nothing written, where there is a file. Of several processes one
// succeeds. The directory is synced as well.
Result<bool> WriteNewFile(const std::string& path, std::string_view text);
// Makes what was written, renamed or removed in `directory` last.
Status SyncDirectory(const std::string& directory);

// Whether `path` could be written, with the directories that it will lie in: to fail before long work, not after it.
Status CheckWritable(const std::string& path);

// Where writing to `path` leads: its last name is no symbolic link any more, be there a file or not.
std::string FollowLinks(const std::string& path);

// Makes `path` and its parents; kIo if that fails.
Status MakeDirectories(const std::string& path);

}  // namespace convnext
