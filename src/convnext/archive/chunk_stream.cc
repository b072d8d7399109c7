#include "convnext/archive/chunk_stream.h"

#include <algorithm>
#include <utility>

namespace convnext {

ChunkStream::ChunkStream(std::unique_ptr<ByteSource> source) : source_(std::move(source)) {
  for (Chunk& chunk : chunks_) chunk.bytes.resize(size_t{1} << 16);
}

std::span<const std::byte> ChunkStream::RestOf(const Chunk& chunk) {
  const auto rest = std::span(chunk.bytes).first(chunk.size).subspan(static_cast<size_t>(position_ - chunk.offset));
  position_ = chunk.end();
  return rest;
}

std::span<const std::byte> ChunkStream::Next() {
  for (const Chunk& chunk : chunks_) {
    if (chunk.Holds(position_)) return RestOf(chunk);
  }
  if (!ended_ && ReadChunk()) return RestOf(chunks_[1]);
  asked_past_end_ = true;
  return {};
}

bool ChunkStream::ReadChunk() {
  Chunk& chunk = chunks_[0];
  chunk.size = source_->Read(chunk.bytes);
  ended_ = chunk.size < chunk.bytes.size();
  if (chunk.size == 0) return false;
  chunk.offset = read_to_;
  read_to_ = chunk.end();
  std::swap(chunks_[0], chunks_[1]);
  return true;
}

int64_t ChunkStream::Skip(int64_t count) {
  const int64_t held = std::clamp<int64_t>(count, 0, read_to_ - position_);
  const int64_t further = held < count ? source_->Skip(count - held) : 0;
  read_to_ += further;
  position_ += held + further;
  return held + further;
}

bool ChunkStream::Seek(int64_t offset) {
  if (!source_->Seek(offset)) return false;
  for (Chunk& chunk : chunks_) chunk.size = 0;
  position_ = read_to_ = offset;
  ended_ = asked_past_end_ = false;
  return true;
}

bool ChunkStream::GoBackTo(int64_t offset) {
  asked_past_end_ = false;
  if (offset == read_to_) {
    position_ = offset;
    return true;
  }
  // From there to where the source stands nothing may be missing.
  const bool newer_is_last = chunks_[1].size > 0 && chunks_[1].end() == read_to_;
  const bool in_newer = newer_is_last && chunks_[1].Holds(offset);
  const bool in_older = newer_is_last && chunks_[0].Holds(offset) && chunks_[0].end() == chunks_[1].offset;
  if (!in_newer && !in_older) return false;
  position_ = offset;
  return true;
}

std::vector<std::byte> ChunkStream::Peek(size_t count) {
  const int64_t begin = position_;
  std::vector<std::byte> bytes;
  while (bytes.size() < count) {
    const auto chunk = Next();
    if (chunk.empty()) break;
    const auto part = chunk.first(std::min(count - bytes.size(), chunk.size()));
    bytes.insert(bytes.end(), part.begin(), part.end());
  }
  GoBackTo(begin);
  return bytes;
}

}  // namespace convnext
