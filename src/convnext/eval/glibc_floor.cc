#include "convnext/eval/glibc_floor.h"

namespace convnext {

std::string GlibcFloor() {
  const auto program = MappedFile::Open("/proc/self/exe");
  if (!program.ok()) return "";
  const auto elf = ReadElf({reinterpret_cast<const char*>(program->bytes().data()), program->bytes().size()});
  return elf ? elf->glibc : "";
}

std::string HostText(const EnvironmentRecord& host, const std::string& floor) {
  constexpr std::string_view kGlibc = "glibc ";
  const std::string distribution = host.distribution.empty() ? "unknown distribution" : host.distribution;
  std::string text = fmt::format("{}, {}", distribution, host.libc);
  if (floor.empty() || !host.libc.starts_with(kGlibc)) return text;
  const bool older = IsOlderVersion(std::string_view(host.libc).substr(kGlibc.size()), floor);
  return text +
         fmt::format("{} glibc {} or later", older ? ", TOO OLD: this program needs" : "; this program needs", floor);
}

}  // namespace convnext
