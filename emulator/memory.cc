#include "memory.h"

#include <algorithm>
#include <new>
#include <utility>

#include "handles.h"

namespace ascend_emulator {
namespace {

constexpr size_t kAddressSpace = size_t{1} << 38;
constexpr size_t kAlignment = 512;
constexpr std::align_val_t kStorageAlignment{64};
constexpr size_t kGap = 4096;  // after each allocation: what runs over its end reaches nobody else's

uintptr_t AddressNumber(const void* address) { return reinterpret_cast<uintptr_t>(address); }

}  // namespace

size_t AllocationSize(size_t size) { return (size + 31) / 32 * 32 + 32; }

void Storage::Delete::operator()(std::byte* bytes) const { ::operator delete[](bytes, kStorageAlignment); }

std::byte* Storage::bytes() {
  if (bytes_ == nullptr) {
    bytes_.reset(static_cast<std::byte*>(::operator new[](size_, kStorageAlignment)));
    std::fill_n(bytes_.get(), size_, kUninitialized);
  }
  return bytes_.get();
}

bool Memory::Reserve(int32_t device, size_t size, size_t limit) {
  size_t& used = used_[device];
  if (size > limit || used > limit - size) return false;
  used += size;
  return true;
}

size_t Memory::used(int32_t device) const {
  const auto found = used_.find(device);
  return found != used_.end() ? found->second : 0;
}

void* Memory::AllocateDevice(int32_t device, size_t size, size_t limit) {
  if (size > kAddressSpace) return nullptr;
  if (first_ == nullptr) first_ = static_cast<std::byte*>(ReserveAddresses(kAddressSpace));
  // Addresses are not used twice: what has been freed stays known for it.
  const size_t step = (size + kGap + kAlignment - 1) / kAlignment * kAlignment;
  if (step > kAddressSpace - next_) return nullptr;
  if (!Reserve(device, AllocationSize(size), limit)) return nullptr;
  std::byte* const address = first_ + std::exchange(next_, next_ + step);
  on_device_.emplace(address, Allocation{device, std::make_shared<Storage>(size)});
  return address;
}

void* Memory::AllocatePinned(size_t size) {
  auto storage = std::make_shared<Storage>(size);
  std::byte* const address = storage->bytes();
  pinned_.emplace(address, Allocation{-1, std::move(storage)});
  return address;
}

std::shared_ptr<Storage> Memory::FreeDevice(void* address) {
  const auto found = on_device_.find(static_cast<std::byte*>(address));
  if (found == on_device_.end()) return nullptr;
  std::shared_ptr<Storage> storage = found->second.storage;
  Unreserve(found->second.device, AllocationSize(storage->size()));
  on_device_.erase(found);
  storage->freed = true;
  return storage;
}

std::shared_ptr<Storage> Memory::FreePinned(void* address) {
  const auto found = pinned_.find(static_cast<std::byte*>(address));
  if (found == pinned_.end()) return nullptr;
  std::shared_ptr<Storage> storage = found->second.storage;
  pinned_.erase(found);
  storage->freed = true;
  return storage;
}

bool Memory::IsDeviceAddress(const void* address) const {
  return first_ != nullptr && AddressNumber(address) - AddressNumber(first_) < kAddressSpace;
}

const Memory::Allocation* Memory::Find(const Allocations& allocations, std::byte* address, size_t& offset) {
  auto after = allocations.upper_bound(address);
  if (after == allocations.begin()) return nullptr;
  --after;
  offset = AddressNumber(address) - AddressNumber(after->first);
  return offset < after->second.storage->size() ? &after->second : nullptr;
}

bool Memory::Resolve(void* address, size_t size, Resolved& resolved) const {
  const bool on_device = IsDeviceAddress(address);
  size_t offset = 0;
  const Allocation* allocation = Find(on_device ? on_device_ : pinned_, static_cast<std::byte*>(address), offset);
  if (allocation == nullptr) {
    resolved = {Place::kPageable, -1, nullptr, {static_cast<std::byte*>(address), size}};
    return !on_device;
  }
  if (size > allocation->storage->size() - offset) return false;
  resolved = {on_device ? Place::kDevice : Place::kPinned,
              allocation->device,
              allocation->storage,
              {allocation->storage->bytes() + offset, size}};
  return true;
}

size_t Memory::FreeAll(int32_t device) {
  std::vector<std::byte*> addresses;
  for (const auto& [address, allocation] : on_device_)
    if (allocation.device == device) addresses.push_back(address);
  for (std::byte* address : addresses) FreeDevice(address);
  return addresses.size();
}

}  // namespace ascend_emulator
