#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace convnext {

// The keys that an archive has had, as 128 bits of the SHA-256 of each: 16 bytes a key, in a table at least a third
// full.
class KeySet {
 public:
  // False if `key` is there already.
  bool Insert(std::string_view key);
  int64_t size() const { return size_; }

 private:
  using Digest = std::array<uint64_t, 2>;  // 0, 0: an empty place
  static Digest DigestOf(std::string_view key);
  bool Place(const Digest& digest);
  void Grow();

  std::vector<Digest> table_ = std::vector<Digest>(1024);
  int64_t size_ = 0;
};

}  // namespace convnext
