#include "convnext/image/gif_pixels.h"

#include <array>

#include "convnext/image/byte_reader.h"

namespace convnext {
namespace {

constexpr int kLargestCodeBits = 12;
constexpr size_t kTableSize = size_t{1} << kLargestCodeBits;

// The bits of the blocks, the lowest of a byte first.
class CodeReader {
 public:
  explicit CodeReader(ByteReader reader) : reader_(reader) {}

  // False where the data end. As in Pillow an empty block is skipped, and one that is cut is not read.
  bool Next(int bits, uint32_t& code) {
    while (count_ < bits) {
      if (place_ == block_.size()) {
        block_ = reader_.Bytes(reader_.Byte());
        place_ = 0;
        if (reader_.ended()) return false;
        continue;
      }
      buffer_ |= uint32_t{block_[place_++]} << count_;
      count_ += 8;
    }
    code = buffer_ & ((1u << bits) - 1);
    buffer_ >>= bits;
    count_ -= bits;
    return true;
  }

 private:
  ByteReader reader_;
  std::span<const uint8_t> block_;
  size_t place_ = 0;
  uint32_t buffer_ = 0;
  int count_ = 0;
};

// The strings that codes stand for: each is another one and a last byte.
class CodeTable {
 public:
  explicit CodeTable(int bits) : bits_(bits), clear_(1u << bits) { Clear(); }

  void Clear() {
    next_ = clear_ + 2;
    code_bits_ = bits_ + 1;
    fresh_ = true;
  }
  uint32_t clear() const { return clear_; }
  int code_bits() const { return code_bits_; }

  // Puts the string of `code`, the last byte first, into `reversed`; false for a code that cannot stand here. (Codes
  // link to smaller ones only, so that this ends.)
  bool Expand(uint32_t code, std::vector<uint8_t>& reversed) {
    reversed.clear();
    if (fresh_) {
      if (code > clear_) return false;
      fresh_ = false;
      last_code_ = code;
      first_byte_ = static_cast<uint8_t>(code);
      reversed.push_back(first_byte_);
      return true;
    }
    if (code > next_) return false;
    const uint32_t whole = code;
    if (code == next_) {
      reversed.push_back(first_byte_);
      code = last_code_;
    }
    while (code >= clear_) {
      if (reversed.size() >= kTableSize || code >= kTableSize) return false;
      reversed.push_back(bytes_[code]);
      code = links_[code];
    }
    first_byte_ = static_cast<uint8_t>(code);
    reversed.push_back(first_byte_);
    Add();
    last_code_ = whole;
    return true;
  }

 private:
  void Add() {
    if (next_ >= kTableSize) return;
    bytes_[next_] = first_byte_;
    links_[next_] = static_cast<uint16_t>(last_code_);
    if (next_ == (1u << code_bits_) - 1 && code_bits_ < kLargestCodeBits) ++code_bits_;
    ++next_;
  }

  int bits_;
  uint32_t clear_;
  uint32_t next_ = 0, last_code_ = 0;
  int code_bits_ = 0;
  bool fresh_ = true;
  uint8_t first_byte_ = 0;
  std::array<uint8_t, kTableSize> bytes_ = {};
  std::array<uint16_t, kTableSize> links_ = {};
};

// The rows in the order of the file.
std::vector<size_t> RowOrder(size_t height, bool interlaced) {
  std::vector<size_t> rows;
  rows.reserve(height);
  struct Pass {
    size_t first, step;
  };
  constexpr Pass kPasses[] = {{0, 8}, {4, 8}, {2, 4}, {1, 2}};
  for (const Pass pass : kPasses) {
    if (!interlaced && pass.first > 0) break;
    for (size_t y = pass.first; y < height; y += interlaced ? pass.step : 1) rows.push_back(y);
  }
  return rows;
}

}  // namespace

Result<std::vector<uint8_t>> ReadGifPixels(std::span<const std::byte> data, size_t width, size_t height,
                                           bool interlaced) {
  ByteReader reader(data);
  const int bits = reader.Byte();
  if (bits > kLargestCodeBits)
    return Invalid("the GIF has codes of {} bits; expected at most {}", bits, kLargestCodeBits);
  CodeReader codes(reader);
  CodeTable table(bits);
  const std::vector<size_t> rows = RowOrder(height, interlaced);
  std::vector<uint8_t> indices(width * height), reversed;
  for (size_t done = 0; done < indices.size();) {
    uint32_t code = 0;
    if (!codes.Next(table.code_bits(), code) || code == table.clear() + 1)
      return Invalid("the GIF is truncated: its data end before the picture does");
    if (code == table.clear()) {
      table.Clear();
      continue;
    }
    if (!table.Expand(code, reversed)) return Invalid("the GIF is damaged: a code that stands for nothing yet");
    for (; !reversed.empty() && done < indices.size(); ++done) {
      indices[rows[done / width] * width + done % width] = reversed.back();
      reversed.pop_back();
    }
  }
  return indices;
}

}  // namespace convnext
