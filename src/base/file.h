#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace convnext {

// A whole file in memory. At most `max_bytes` are accepted (kInvalid above that); a missing file or a directory is
// kInvalid, any other refusal by the system kIo.
Result<std::vector<std::byte>> ReadFile(const std::string& path, size_t max_bytes);

// A file mapped read-only for as long as the object lives. The file must not shrink meanwhile.
class MappedFile {
 public:
  static Result<MappedFile> Open(const std::string& path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  std::span<const std::byte> bytes() const { return {static_cast<const std::byte*>(data_), size_}; }
  // Takes the pages of `part` of the bytes out of this process's memory. They may be read again: the file has them.
  void Release(std::span<const std::byte> part) const;

 private:
  MappedFile(void* data, size_t size) : data_(data), size_(size) {}
  void* data_ = nullptr;
  size_t size_ = 0;
};

// Gives the bytes of a file that is being written, piece by piece.
using WriteBytes = std::function<Status(std::span<const std::byte>)>;

// Writes `path` whole or not at all: the bytes that `fill` gives go to an unnamed file, which is synced and only then
// takes the name (an interrupted or killed process leaves nothing behind). An existing file is replaced; symbolic links
// are followed; a device or a pipe is written to directly. Missing parent directories are made.
Status WriteFile(const std::string& path, const std::function<Status(const WriteBytes&)>& fill);
Status WriteFile(const std::string& path, std::string_view text);

// Whether `path` could be written, with the directories that it will lie in: to fail before long work, not after it.
Status CheckWritable(const std::string& path);

// Makes `path` and its parents; kIo if that fails.
Status MakeDirectories(const std::string& path);

}  // namespace convnext
