// The bytes of an archive without their compression. libarchive's own filters for gzip and zstd are not used: they drop
// what they have unpacked before damage (up to 128 KiB), check no CRC of gzip, and do not say what follows the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "convnext/base/base.h"

namespace convnext {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Fills `buffer`; gives fewer bytes only at the end, or where damage begins.
  virtual size_t Read(std::span<std::byte> buffer) = 0;
  // Passes over at most `count` bytes without reading them; how many.
  virtual int64_t Skip(int64_t /*count*/) { return 0; }
  // Goes on at `offset` from the beginning, or says that it cannot.
  virtual bool Seek(int64_t /*offset*/) { return false; }
  // Why bytes are missing at the end; a place in the file is part of the message.
  const std::optional<Status>& damage() const { return damage_; }
  const std::vector<std::string>& warnings() const { return warnings_; }

 protected:
  std::optional<Status> damage_;
  std::vector<std::string> warnings_;
};

// A regular file.
class FileSource : public ByteSource {
 public:
  static Result<std::unique_ptr<FileSource>> Open(const std::string& path);
  ~FileSource() override;

  size_t Read(std::span<std::byte> buffer) override;
  int64_t Skip(int64_t count) override;
  bool Seek(int64_t offset) override;
  // Bytes at `offset`, without moving; fewer at the end.
  size_t ReadAt(int64_t offset, std::span<std::byte> buffer);
  int64_t size() const { return size_; }

 private:
  FileSource(int fd, int64_t size) : fd_(fd), size_(size) {}
  int fd_;
  int64_t size_;  // when it was opened
  int64_t position_ = 0;
};

// What is packed in `file`, from its beginning; several streams one behind the other are one.
std::unique_ptr<ByteSource> MakeGzipSource(std::unique_ptr<FileSource> file);
std::unique_ptr<ByteSource> MakeZstdSource(std::unique_ptr<FileSource> file);

}  // namespace convnext
