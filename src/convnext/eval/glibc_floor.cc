#include "convnext/eval/glibc_floor.h"

#include <fmt/format.h>
#include <link.h>

#include <charconv>
#include <vector>

namespace convnext {
namespace {

const char* Pointer(ElfW(Addr) address) {
  return reinterpret_cast<const char*>(address);  // NOLINT(performance-no-int-to-ptr): it is given as a number
}

// What the dynamic section of a loaded file says. The loader has added the address of the file to some places, not to
// all.
const char* PlaceOf(const dl_phdr_info& file, ElfW(Addr) value) {
  return Pointer(value < file.dlpi_addr ? file.dlpi_addr + value : value);
}

const ElfW(Dyn) * DynamicSection(const dl_phdr_info& file) {
  for (int i = 0; i < file.dlpi_phnum; ++i) {
    if (file.dlpi_phdr[i].p_type == PT_DYNAMIC)
      return reinterpret_cast<const ElfW(Dyn)*>(Pointer(file.dlpi_addr + file.dlpi_phdr[i].p_vaddr));
  }
  return nullptr;
}

struct NeededVersions {
  const char* first = nullptr;  // ElfW(Verneed), one for each library
  const char* names = nullptr;
  size_t count = 0;
};

NeededVersions VersionsOf(const dl_phdr_info& file) {
  NeededVersions needed;
  for (const ElfW(Dyn)* entry = DynamicSection(file); entry != nullptr && entry->d_tag != DT_NULL; ++entry) {
    if (entry->d_tag == DT_VERNEED) needed.first = PlaceOf(file, entry->d_un.d_ptr);
    if (entry->d_tag == DT_STRTAB) needed.names = PlaceOf(file, entry->d_un.d_ptr);
    if (entry->d_tag == DT_VERNEEDNUM) needed.count = entry->d_un.d_val;
  }
  return needed;
}

void Raise(std::string& floor, std::string_view name) {
  constexpr std::string_view kPrefix = "GLIBC_";
  if (!name.starts_with(kPrefix)) return;
  name.remove_prefix(kPrefix.size());
  if (IsOlderVersion(floor, name)) floor = name;
}

// The loader gives the program first.
int VisitProgram(dl_phdr_info* file, size_t, void* floor) {
  const NeededVersions needed = VersionsOf(*file);
  if (needed.first == nullptr || needed.names == nullptr) return 1;
  const char* library = needed.first;
  for (size_t i = 0; i < needed.count; ++i) {
    const auto* versions = reinterpret_cast<const ElfW(Verneed)*>(library);
    const char* version = library + versions->vn_aux;
    for (int j = 0; j < versions->vn_cnt; ++j) {
      const auto* entry = reinterpret_cast<const ElfW(Vernaux)*>(version);
      Raise(*static_cast<std::string*>(floor), needed.names + entry->vna_name);
      version += entry->vna_next;
    }
    library += versions->vn_next;
  }
  return 1;
}

// "2.28" as 2, 28. What is no number ends it: "PRIVATE", and what a distribution may write behind.
std::vector<int> Numbers(std::string_view version) {
  std::vector<int> numbers;
  const char *at = version.data(), *end = at + version.size();
  while (at != end) {
    int number = 0;
    const auto [next, error] = std::from_chars(at, end, number);
    if (error != std::errc()) break;
    numbers.push_back(number);
    if (next == end || *next != '.') break;
    at = next + 1;
  }
  return numbers;
}

}  // namespace

bool IsOlderVersion(std::string_view a, std::string_view b) { return Numbers(a) < Numbers(b); }

std::string GlibcFloor() {
  std::string floor;
  ::dl_iterate_phdr(VisitProgram, &floor);
  return floor;
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
