#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace convnext {

// What an executable needs of the machine that it is started on.
struct ElfFacts {
  std::string architecture;            // "x86_64" or "aarch64", as uname -m says it
  std::vector<std::string> libraries;  // that the loader must find, without glibc's own
  std::string glibc;                   // the highest symbol version of glibc, "2.28"; empty if it needs none
};

// Of a 64-bit, little-endian executable for Linux on one of those architectures, which may be hostile; nothing if it is
// none, or if its tables do not lie in it.
std::optional<ElfFacts> ReadElf(std::string_view file);

// Whether version `a` ("2.9") is older than `b` ("2.28").
bool IsOlderVersion(std::string_view a, std::string_view b);

}  // namespace convnext
