// System, processor and memory.
#include <gnu/libc-version.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "convnext/eval/environment_parts.h"

namespace convnext {
namespace {

std::vector<std::string> RelevantFlags(const std::string& line) {
  std::istringstream words(line);
  std::vector<std::string> flags;
  for (std::string flag; words >> flag;) {
    if (IsRecordedCpuFlag(flag)) flags.push_back(flag);
  }
  return flags;
}

// ARM processors say who made them and which part they are; the names are those of the makers.
struct ArmPart {
  std::string_view implementer, part, name;
};
constexpr ArmPart kArmParts[] = {
    {"0x48", "0xd01", "HiSilicon Kunpeng 920 (TaiShan v110)"},
    {"0x48", "0xd02", "HiSilicon Kunpeng (TaiShan v120)"},
    {"0x41", "0xd03", "ARM Cortex-A53"},
    {"0x41", "0xd05", "ARM Cortex-A55"},
    {"0x41", "0xd07", "ARM Cortex-A57"},
    {"0x41", "0xd08", "ARM Cortex-A72"},
    {"0x41", "0xd0b", "ARM Cortex-A76"},
    {"0x41", "0xd0c", "ARM Neoverse-N1"},
    {"0x41", "0xd40", "ARM Neoverse-V1"},
    {"0x41", "0xd49", "ARM Neoverse-N2"},
    {"0x41", "0xd4f", "ARM Neoverse-V2"},
};

std::string ArmName(const std::string& cpuinfo) {
  const auto implementer = FieldOf(cpuinfo, "CPU implementer", ':'), part = FieldOf(cpuinfo, "CPU part", ':');
  if (!implementer || !part) return {};
  for (const ArmPart& known : kArmParts) {
    if (known.implementer == *implementer && known.part == *part) return std::string(known.name);
  }
  return fmt::format("ARM implementer {}, part {}", *implementer, *part);
}

// QEMU's user mode shows the /proc/cpuinfo of the machine that it runs on, and "vendor_id" is a field of x86: figures
// from there must not pass for an ARM CPU's, nor for that machine's. Seen with 7.2; versions that make up a file of the
// emulated architecture are not recognised.
std::string EmulationNote(const std::string& cpuinfo, const std::string& architecture) {
  const bool emulates = architecture == "aarch64" && FieldOf(cpuinfo, "vendor_id", ':').has_value();
  return emulates ? ", emulating aarch64" : "";
}

// "4096 kB" to bytes.
int64_t Bytes(const std::string& text) {
  const int64_t kib = std::strtoll(text.c_str(), nullptr, 10);
  return kib > 0 && kib < int64_t{1} << 50 ? kib << 10 : 0;
}

}  // namespace

// Extensions that the kernels use or could use, and their lack explains a time.

std::string PlatformText(const std::string& system, const std::string& release, const std::string& architecture,
                         const std::string& libc) {
  std::string text = fmt::format("{}-{}-{}-with-{}", system, release, architecture, libc);
  for (char& c : text) {
    if (c == ' ') c = '_';
    if (std::string_view("/\\:;\"()").find(c) != std::string_view::npos) c = '-';
  }
  constexpr std::string_view kUnknown = "unknown";
  for (size_t at = text.find(kUnknown); at != std::string::npos; at = text.find(kUnknown))
    text.erase(at, kUnknown.size());
  text.erase(std::unique(text.begin(), text.end(), [](char a, char b) { return a == '-' && b == '-'; }), text.end());
  while (text.ends_with('-')) text.pop_back();
  return text;
}

void CollectSystem(const Machine& machine, EnvironmentRecord& record) {
  utsname system{};
  ::uname(&system);  // its fields stay empty if it fails; the host's name is not among those that are used
  record.libc = fmt::format("glibc {}", gnu_get_libc_version());
  record.os = SafeLine(machine, PlatformText(system.sysname, system.release, system.machine,
                                             fmt::format("glibc{}", gnu_get_libc_version())));
  record.kernel = SafeLine(machine, fmt::format("{} {}", system.release, system.version));
  record.architecture = SafeLine(machine, system.machine);
  std::string release = MachineFile(machine, "/etc/os-release");
  if (release.empty()) release = MachineFile(machine, "/usr/lib/os-release");
  record.distribution = SafeLine(machine, FieldOf(release, "PRETTY_NAME", '=').value_or(""));
  record.memory_bytes = Bytes(FieldOf(MachineFile(machine, "/proc/meminfo"), "MemTotal", ':').value_or(""));
}

void CollectProcessor(const Machine& machine, EnvironmentRecord& record) {
  const std::string cpuinfo = MachineFile(machine, "/proc/cpuinfo");
  const auto name = FieldOf(cpuinfo, "model name", ':');
  record.cpu_model = SafeLine(machine, (name ? *name : ArmName(cpuinfo)) + EmulationNote(cpuinfo, record.architecture));
  const auto flags = FieldOf(cpuinfo, "flags", ':');
  record.cpu_flags = RelevantFlags(flags ? *flags : FieldOf(cpuinfo, "Features", ':').value_or(""));
  record.cores = ::sysconf(_SC_NPROCESSORS_ONLN);
  record.usable_cores = AvailableCores();
  record.quota_cores = QuotaCores(machine.root);
}

}  // namespace convnext
