// Numbers and bytes of an untrusted file, one after the other.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace convnext {

// Behind the end of the file everything is zero and empty, and `ended` is true.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> file)
      : file_(reinterpret_cast<const uint8_t*>(file.data()), file.size()) {}

  size_t place() const { return place_; }
  size_t rest() const { return file_.size() - place_; }
  bool ended() const { return ended_; }

  void Seek(size_t place) {
    ended_ |= place > file_.size();
    place_ = std::min(place, file_.size());
  }

  // Fewer than `count` where the file ends.
  std::span<const uint8_t> Bytes(size_t count) {
    const auto bytes = file_.subspan(place_, std::min(count, rest()));
    Seek(place_ + bytes.size());
    ended_ |= bytes.size() < count;
    return bytes;
  }

  uint8_t Byte() {
    const auto bytes = Bytes(1);
    return bytes.empty() ? uint8_t{0} : bytes[0];
  }
  uint16_t Little16() { return static_cast<uint16_t>(Little(2)); }
  uint32_t Little32() { return Little(4); }
  uint32_t Big32() {
    const uint32_t number = Little(4);
    return number >> 24 | (number >> 8 & 0xff00) | (number << 8 & 0xff0000) | number << 24;
  }

 private:
  uint32_t Little(size_t count) {
    uint32_t number = 0;
    for (size_t i = 0; i < count; ++i) number |= uint32_t{Byte()} << 8 * i;
    return number;
  }

  std::span<const uint8_t> file_;
  size_t place_ = 0;
  bool ended_ = false;
};

}  // namespace convnext
