#include "convnext/archive/key_set.h"

#include <charconv>
#include <span>
#include <string>
#include <utility>

#include "convnext/base/base.h"

namespace convnext {

KeySet::Digest KeySet::DigestOf(std::string_view key) {
  const std::string hex = Sha256(std::as_bytes(std::span(key)));
  Digest digest{};
  for (size_t i = 0; i < digest.size() && hex.size() == kSha256Digits; ++i)
    std::from_chars(hex.data() + 16 * i, hex.data() + 16 * (i + 1), digest[i], 16);
  return digest;
}

bool KeySet::Insert(std::string_view key) {
  if (static_cast<size_t>(size_) >= table_.size() / 3 * 2) Grow();
  if (!Place(DigestOf(key))) return false;
  ++size_;
  return true;
}

bool KeySet::Place(const Digest& digest) {
  size_t place = digest[0] % table_.size();
  while (table_[place] != Digest{}) {
    if (table_[place] == digest) return false;
    place = (place + 1) % table_.size();
  }
  table_[place] = digest;
  return true;
}

void KeySet::Grow() {
  const std::vector<Digest> before = std::exchange(table_, std::vector<Digest>(2 * table_.size()));
  for (const Digest& digest : before) {
    if (digest != Digest{}) Place(digest);
  }
}

}  // namespace convnext
