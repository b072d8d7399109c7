// Handles that a client cannot look into: addresses in memory that is not accessible, and never given out twice, so
// that a handle is known for freed as long as the process lives.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

namespace ascend_emulator {

// Reserves addresses without memory; the process ends if that is impossible.
void* ReserveAddresses(size_t size);

void* NewHandle();

// Why `handle` is not among the live ones: "a null pointer", "freed before" or "never given out".
std::string ExplainUnknown(const void* handle);

// Live objects by their handles. Not locked.
template <class T>
class HandleTable {
 public:
  void* Add(std::shared_ptr<T> object) {
    void* handle = NewHandle();
    live_.emplace(handle, std::move(object));
    return handle;
  }
  std::shared_ptr<T> Find(const void* handle) const {
    const auto found = live_.find(handle);
    return found != live_.end() ? found->second : nullptr;
  }
  std::shared_ptr<T> Remove(const void* handle) {
    const auto found = live_.find(handle);
    if (found == live_.end()) return nullptr;
    std::shared_ptr<T> object = std::move(found->second);
    live_.erase(found);
    return object;
  }
  const std::map<const void*, std::shared_ptr<T>>& live() const { return live_; }

 private:
  std::map<const void*, std::shared_ptr<T>> live_;
};

}  // namespace ascend_emulator
