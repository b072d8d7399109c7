#include "convnext/image/bitmap.h"

namespace convnext {
namespace {

// As PIL/BmpImagePlugin.py, BmpRleDecoder, which differs from the format's description where a file is odd.
class RunReader {
 public:
  RunReader(std::span<const std::byte> file, const Bitmap& bitmap)
      : reader_(file),
        width_(static_cast<size_t>(bitmap.width)),
        size_(width_ * static_cast<size_t>(bitmap.height)),
        halves_(bitmap.compression == 2) {
    reader_.Seek(bitmap.pixels_place);
    indices_.reserve(size_);
  }

  std::vector<uint8_t> Read() {
    while (indices_.size() < size_ && ReadCommand()) {
    }
    return std::move(indices_);
  }

 private:
  // False at the end of the bitmap or of the file.
  bool ReadCommand() {
    const uint8_t count = reader_.Byte(), value = reader_.Byte();
    if (reader_.ended()) return false;
    if (count > 0) return AddRun(count, value), true;
    if (value == 0) return EndRow(), true;
    if (value == 1) return false;
    return value == 2 ? Move() : Copy(value);
  }

  void AddRun(size_t count, uint8_t value) {
    const size_t fits = std::min(count, width_ - std::min(x_, width_));
    for (size_t i = 0; i < fits; ++i) Add(!halves_ ? value : i % 2 == 0 ? value >> 4 : value & 15);
    x_ += fits;
  }

  void EndRow() {
    while (indices_.size() % width_ != 0) Add(0);
    x_ = 0;
  }

  bool Move() {
    const size_t right = reader_.Byte(), up = reader_.Byte();
    if (reader_.ended()) return false;
    indices_.resize(indices_.size() + std::min(size_ - indices_.size(), right + up * width_));
    x_ = indices_.size() % width_;
    return true;
  }

  bool Copy(size_t count) {
    const size_t kept = std::min(count, size_ - indices_.size());
    const size_t stored = halves_ ? (kept + 1) / 2 : kept;
    const auto bytes = reader_.Bytes(stored);
    for (size_t i = 0; i < std::min(kept, bytes.size() * (halves_ ? 2 : 1)); ++i)
      Add(!halves_ ? bytes[i] : i % 2 == 0 ? bytes[i / 2] >> 4 : bytes[i / 2] & 15);
    if (bytes.size() < stored || indices_.size() == size_) return false;
    x_ += count;
    if (reader_.place() % 2 != 0) reader_.Byte();
    return true;
  }

  void Add(int index) { indices_.push_back(static_cast<uint8_t>(index)); }

  ByteReader reader_;
  size_t width_, size_;
  bool halves_;
  size_t x_ = 0;
  std::vector<uint8_t> indices_;
};

}  // namespace

Result<std::vector<uint8_t>> ReadBitmapRuns(std::span<const std::byte> file, const Bitmap& bitmap) {
  std::vector<uint8_t> indices = RunReader(file, bitmap).Read();
  const auto size = static_cast<size_t>(bitmap.width) * static_cast<size_t>(bitmap.height);
  if (indices.size() < size) return Truncated("bitmap");
  return indices;
}

}  // namespace convnext
