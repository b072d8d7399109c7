// Compressed bytes: what gzip and zstd share.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "convnext/archive/byte_source.h"

namespace convnext {

// Packed bytes on their way to a decompressor.
class PackedInput {
 public:
  explicit PackedInput(std::unique_ptr<FileSource> file) : file_(std::move(file)), buffer_(size_t{1} << 17) {}

  // Reads on until there are `count` bytes; false where the file has fewer. count: at most the buffer's size.
  bool Ensure(size_t count);
  std::span<const std::byte> bytes() const { return std::span(buffer_).subspan(begin_, end_ - begin_); }
  void Consume(size_t count) { begin_ += count; }
  bool BeginsWith(std::string_view magic);
  int64_t offset() const { return read_ - static_cast<int64_t>(end_ - begin_); }  // of bytes() in the file
  const FileSource& file() const { return *file_; }

 private:
  std::unique_ptr<FileSource> file_;
  std::vector<std::byte> buffer_;
  size_t begin_ = 0, end_ = 0;
  int64_t read_ = 0;
};

// Streams of one format, one behind the other in a file, as one. `format`: its name, for messages.
class PackedSource : public ByteSource {
 public:
  size_t Read(std::span<std::byte> buffer) final;

 protected:
  PackedSource(std::unique_ptr<FileSource> file, std::string_view format) : input_(std::move(file)), format_(format) {}

  // What one call of the library has done.
  struct Step {
    size_t count = 0;    // bytes that it wrote
    bool ended = false;  // the stream
    std::string error;   // its words for damage
  };
  // Whether a stream begins at input(); makes the library ready for it.
  virtual bool BeginStream() = 0;
  // Takes from input() and writes to `buffer` what it can.
  virtual Step Unpack(std::span<std::byte> buffer) = 0;

  PackedInput& input() { return input_; }
  void SetNoMemory();

 private:
  bool Begin();
  size_t Advance(std::span<std::byte> buffer);
  void SetCut();

  PackedInput input_;
  const std::string_view format_;
  bool within_ = false;  // a stream
  bool ended_ = false;   // no further stream follows
};

}  // namespace convnext
