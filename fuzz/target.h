// The parts of every fuzz target. FUZZ_TARGET(name) { ... } is given bytes from an untrusted source, `data` and
// `size`, and returns 0. With CONVNEXT_LIBFUZZER it is libFuzzer's; otherwise replay.cc runs it over fuzz/corpus/name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "convnext/base/base.h"

using FuzzFunction = int (*)(const uint8_t* data, size_t size);
bool RegisterFuzzTarget(const char* name, FuzzFunction function);  // replay.cc

#ifdef CONVNEXT_LIBFUZZER
#define FUZZ_TARGET(name) extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
#else
#define FUZZ_TARGET(name)                                                       \
  static int Fuzz_##name(const uint8_t*, size_t);                               \
  static const bool registered_##name = RegisterFuzzTarget(#name, Fuzz_##name); \
  static int Fuzz_##name(const uint8_t* data, size_t size)
#endif

inline void Require(bool condition) {
  if (!condition) __builtin_trap();
}

// Input is refused as invalid, in a message of printable lines.
inline void RequireGoodMessage(const convnext::Status& status) {
  Require(status.code() == convnext::Code::kInvalid);
  Require(!status.message().empty() && status.message().size() < 2000);
  std::string text = status.message();
  std::erase(text, '\n');
  Require(convnext::Printable(text, 2000) == text);
}
