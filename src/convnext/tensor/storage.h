#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <span>
#include <vector>

#include "convnext/tensor/shape.h"

namespace convnext {

// A cache line, and no less than the widest SIMD vector in use (AVX-512).
inline constexpr size_t kAlignment = 64;

// Memory at kAlignment; from kHugePage bytes on at that, with huge pages asked for: weights are read from end to end in
// every forward pass, and pages of 4 KiB miss the TLB all the way (3 % of the time). Throws std::bad_alloc.
inline constexpr size_t kHugePage = size_t{2} << 20;
void* AllocateAligned(size_t bytes);
void FreeAligned(void* data, size_t bytes);

// Allocates at kAlignment and leaves new elements uninitialised: what is stored is about to be overwritten anyway, and
// pages are first touched by the thread that uses them.
template <class T>
struct AlignedAllocator {
  using value_type = T;
  AlignedAllocator() = default;
  template <class U>
  AlignedAllocator(const AlignedAllocator<U>&) {}

  T* allocate(size_t count) { return static_cast<T*>(AllocateAligned(count * sizeof(T))); }
  void deallocate(T* data, size_t count) { FreeAligned(data, count * sizeof(T)); }

  template <class U>
  void construct(U* place) {
    ::new (static_cast<void*>(place)) U;
  }
  template <class U, class... Args>
  void construct(U* place, Args&&... args) {
    std::construct_at(place, std::forward<Args>(args)...);
  }
  friend bool operator==(const AlignedAllocator&, const AlignedAllocator&) { return true; }
};

template <class T>
using AlignedVector = std::vector<T, AlignedAllocator<T>>;

// A dense array in row-major order: data.size() is the product of `shape`.
template <class T>
struct Tensor {
  Shape shape;
  AlignedVector<T> data;
};

}  // namespace convnext
