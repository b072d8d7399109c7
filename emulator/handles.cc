#include "handles.h"

#include <sys/mman.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace ascend_emulator {
namespace {

constexpr size_t kHandleSpace = size_t{1} << 30;
constexpr size_t kHandleStep = 16;

struct Handles {
  char* first = static_cast<char*>(ReserveAddresses(kHandleSpace));
  std::atomic<size_t> count{0};
};

Handles& GlobalHandles() {
  static Handles& handles = *new Handles;
  return handles;
}

}  // namespace

void* ReserveAddresses(size_t size) {
  void* start = ::mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (start != MAP_FAILED) return start;
  std::fputs("EMULATOR: cannot reserve addresses\n", stderr);
  std::abort();
}

void* NewHandle() {
  Handles& handles = GlobalHandles();
  const size_t index = handles.count.fetch_add(1);
  if (index >= kHandleSpace / kHandleStep) {
    std::fputs("EMULATOR: out of handles\n", stderr);
    std::abort();
  }
  return handles.first + index * kHandleStep;
}

std::string ExplainUnknown(const void* handle) {
  if (handle == nullptr) return "a null pointer";
  const Handles& handles = GlobalHandles();
  const uintptr_t offset = reinterpret_cast<uintptr_t>(handle) - reinterpret_cast<uintptr_t>(handles.first);
  const bool given = offset < handles.count.load() * kHandleStep && offset % kHandleStep == 0;
  return given ? "freed before, or a handle of another kind" : "never given out";
}

}  // namespace ascend_emulator
