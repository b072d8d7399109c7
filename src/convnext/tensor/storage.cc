#include "convnext/tensor/storage.h"

#include <sys/mman.h>

namespace convnext {
namespace {

std::align_val_t Alignment(size_t bytes) { return std::align_val_t{bytes >= kHugePage ? kHugePage : kAlignment}; }

}  // namespace

void* AllocateAligned(size_t bytes) {
  void* data = ::operator new(bytes, Alignment(bytes));
  // A wish: where the system refuses it, the memory is as good as any.
  if (bytes >= kHugePage) ::madvise(data, bytes / kHugePage * kHugePage, MADV_HUGEPAGE);
  return data;
}

void FreeAligned(void* data, size_t bytes) { ::operator delete(data, Alignment(bytes)); }

}  // namespace convnext
