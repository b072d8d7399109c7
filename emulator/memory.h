// Memory of the emulated devices and pinned memory of the host. A device address lies in reserved addresses without
// memory: its bytes are elsewhere, so that a host that follows it crashes and only copies and tasks reach them.
// Everything here with State::lock held.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

namespace ascend_emulator {

inline constexpr std::byte kUninitialized{0xA5};  // new memory, and what pending work will write
inline constexpr std::byte kFreed{0xDD};          // pinned memory when it is freed

// The bytes of one allocation. They come to be at the first use, so that an allocation that is never used costs
// nothing.
class Storage {
 public:
  explicit Storage(size_t size) : size_(size) {}
  size_t size() const { return size_; }
  std::byte* bytes();
  bool used() const { return bytes_ != nullptr; }

  bool freed = false;

 private:
  struct Delete {
    void operator()(std::byte* bytes) const;
  };
  size_t size_;
  std::unique_ptr<std::byte[], Delete> bytes_;
};

enum class Place { kDevice, kPinned, kPageable };

// A range of one live allocation; without storage for pageable memory.
struct Resolved {
  Place place = Place::kPageable;
  int32_t device = -1;
  std::shared_ptr<Storage> storage;
  std::span<std::byte> bytes;
};

class Memory {
 public:
  // nullptr if the device has no room. Aligned to 512 bytes.
  void* AllocateDevice(int32_t device, size_t size, size_t limit);
  void* AllocatePinned(size_t size);
  // The storage of exactly this address, which is then no longer known; nullptr if there is none.
  std::shared_ptr<Storage> FreeDevice(void* address);
  std::shared_ptr<Storage> FreePinned(void* address);

  // Room for what has no address: a loaded model. False if there is none.
  bool Reserve(int32_t device, size_t size, size_t limit);
  void Unreserve(int32_t device, size_t size) { used_[device] -= size; }
  size_t used(int32_t device) const;

  bool IsDeviceAddress(const void* address) const;
  // False if a device address, or the start of pinned memory, is not followed by `size` bytes of its allocation.
  bool Resolve(void* address, size_t size, Resolved& resolved) const;

  // Frees what is on `device` and returns how many allocations that were.
  size_t FreeAll(int32_t device);
  size_t device_count() const { return on_device_.size(); }
  size_t pinned_count() const { return pinned_.size(); }

 private:
  struct Allocation {
    int32_t device = -1;
    std::shared_ptr<Storage> storage;
  };
  using Allocations = std::map<std::byte*, Allocation>;
  static const Allocation* Find(const Allocations& allocations, std::byte* address, size_t& offset);

  Allocations on_device_, pinned_;
  std::map<int32_t, size_t> used_;
  std::byte* first_ = nullptr;  // of the reserved addresses
  size_t next_ = 0;             // offset of what has not been given out
};

// The size that an allocation takes, rounded up to 32 bytes and 32 more: docs/ascend-facts.md, "AscendCL: memory".
size_t AllocationSize(size_t size);

}  // namespace ascend_emulator
