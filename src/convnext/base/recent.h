#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace convnext {

// The values of a pure function that were asked for last, by its arguments. Thread-safe.
template <class Key, class Value>
class Recent {
 public:
  explicit Recent(size_t capacity) : capacity_(capacity) {}

  // `compute()` where the value for `key` is not at hand; it runs without the lock. A value that `keep` refuses is not
  // kept.
  template <class Compute, class Keep>
  Value Get(const Key& key, const Compute& compute, const Keep& keep) {
    if (auto found = Find(key)) return *std::move(found);
    Value value = compute();
    if (keep(value)) Add(key, value);
    return value;
  }
  template <class Compute>
  Value Get(const Key& key, const Compute& compute) {
    return Get(key, compute, [](const Value&) { return true; });
  }

 private:
  std::optional<Value> Find(const Key& key) {
    const std::lock_guard lock(mutex_);
    const auto entry =
        std::find_if(entries_.begin(), entries_.end(), [&key](const auto& other) { return other.first == key; });
    if (entry == entries_.end()) return std::nullopt;
    std::rotate(entries_.begin(), entry, entry + 1);
    return entries_.front().second;
  }

  void Add(const Key& key, const Value& value) {
    const std::lock_guard lock(mutex_);
    entries_.emplace_front(key, value);
    if (entries_.size() > capacity_) entries_.pop_back();
  }

  const size_t capacity_;
  std::mutex mutex_;
  std::deque<std::pair<Key, Value>> entries_;  // the last used first
};

}  // namespace convnext
