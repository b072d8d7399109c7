#pragma once

#include <array>
#include <memory>
#include <span>
#include <vector>

#include "convnext/archive/byte_source.h"

namespace convnext {

// A source in chunks, with a way back over the last two of them. The bytes of a chunk stay until the next but one.
class ChunkStream {
 public:
  explicit ChunkStream(std::unique_ptr<ByteSource> source);

  // The bytes from position() on; none at the end.
  std::span<const std::byte> Next();
  // At most `count` bytes further without reading them; how many.
  int64_t Skip(int64_t count);
  // Anywhere in a file that is not compressed.
  bool Seek(int64_t offset);
  // Goes on at `offset`, if it lies in what is still held.
  bool GoBackTo(int64_t offset);
  int64_t position() const { return position_; }
  // Whether Next was asked for more than there is, since GoBackTo; position() is then the end.
  bool asked_past_end() const { return asked_past_end_; }
  // `count` bytes, or fewer at the end, from position(), which stays. count: at most 512.
  std::vector<std::byte> Peek(size_t count);
  const ByteSource& source() const { return *source_; }

 private:
  struct Chunk {
    std::vector<std::byte> bytes;
    size_t size = 0;
    int64_t offset = 0;
    int64_t end() const { return offset + static_cast<int64_t>(size); }
    bool Holds(int64_t place) const { return place >= offset && place < end(); }
  };
  std::span<const std::byte> RestOf(const Chunk& chunk);
  bool ReadChunk();

  std::unique_ptr<ByteSource> source_;
  std::array<Chunk, 2> chunks_;  // the older, the newer
  int64_t position_ = 0;
  int64_t read_to_ = 0;  // where the source stands
  bool ended_ = false;   // the source gave its last bytes
  bool asked_past_end_ = false;
};

}  // namespace convnext
