#include "convnext/base/elf.h"

#include <elf.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "convnext/base/text.h"

namespace convnext {
namespace {

constexpr std::string_view kGlibcsOwn[] = {
    "libc.so.6",  "libm.so.6",    "libpthread.so.0",      "libdl.so.2",
    "librt.so.1", "libutil.so.1", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"};
constexpr size_t kMostEntries = 4096;  // of any table; no program has so many

// The file's tables. Each read is within the file or gives nothing.
class Elf {
 public:
  explicit Elf(std::string_view file) : file_(file) {}

  template <class T>
  std::optional<T> At(uint64_t offset) const {
    if (offset > file_.size() || file_.size() - offset < sizeof(T)) return std::nullopt;
    T value;
    std::memcpy(&value, file_.data() + offset, sizeof value);
    return value;
  }

  // Where the byte lies that is loaded to `address`.
  std::optional<uint64_t> OffsetOf(uint64_t address) const {
    for (const Elf64_Phdr& segment : segments_) {
      if (segment.p_type == PT_LOAD && address >= segment.p_vaddr && address - segment.p_vaddr < segment.p_filesz)
        return segment.p_offset + (address - segment.p_vaddr);
    }
    return std::nullopt;
  }

  bool ReadSegments(const Elf64_Ehdr& header) {
    if (header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phnum > kMostEntries) return false;
    for (uint64_t i = 0; i < header.e_phnum; ++i) {
      const auto segment = At<Elf64_Phdr>(header.e_phoff + i * sizeof(Elf64_Phdr));
      if (!segment) return false;
      segments_.push_back(*segment);
    }
    return true;
  }

  // The entries of the dynamic section; none in a static program.
  std::vector<Elf64_Dyn> Dynamic() const {
    std::vector<Elf64_Dyn> entries;
    for (const Elf64_Phdr& segment : segments_) {
      if (segment.p_type != PT_DYNAMIC) continue;
      for (uint64_t at = segment.p_offset; entries.size() < kMostEntries; at += sizeof(Elf64_Dyn)) {
        const auto entry = At<Elf64_Dyn>(at);
        if (!entry || entry->d_tag == DT_NULL) return entries;
        entries.push_back(*entry);
      }
    }
    return entries;
  }

  std::optional<std::string> Text(uint64_t offset) const {
    constexpr size_t kLongest = 200;
    if (offset >= file_.size()) return std::nullopt;
    const std::string_view rest = file_.substr(offset, kLongest);
    const size_t end = rest.find('\0');
    if (end == std::string_view::npos) return std::nullopt;
    return Printable(rest.substr(0, end), kLongest);
  }

 private:
  std::string_view file_;
  std::vector<Elf64_Phdr> segments_;
};

std::optional<uint64_t> ValueOf(const std::vector<Elf64_Dyn>& dynamic, int64_t tag) {
  const auto found =
      std::find_if(dynamic.begin(), dynamic.end(), [tag](const auto& entry) { return entry.d_tag == tag; });
  return found == dynamic.end() ? std::nullopt : std::optional<uint64_t>(found->d_un.d_val);
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

// The highest "GLIBC_2.28" of the versions that the program needs.
std::string HighestGlibc(const Elf& elf, const std::vector<Elf64_Dyn>& dynamic, uint64_t strings) {
  constexpr std::string_view kPrefix = "GLIBC_";
  std::string highest;
  const auto table = ValueOf(dynamic, DT_VERNEED);
  auto at = table ? elf.OffsetOf(*table) : std::nullopt;
  for (size_t read = 0; at && read < kMostEntries; ++read) {
    const auto need = elf.At<Elf64_Verneed>(*at);
    if (!need) break;
    uint64_t version_at = *at + need->vn_aux;
    for (int i = 0; i < need->vn_cnt; ++i) {
      const auto version = elf.At<Elf64_Vernaux>(version_at);
      if (!version) break;
      const std::string name = elf.Text(strings + version->vna_name).value_or("");
      const std::string number = name.starts_with(kPrefix) ? name.substr(kPrefix.size()) : "";
      if (IsOlderVersion(highest, number)) highest = number;
      version_at += version->vna_next;
    }
    at = need->vn_next == 0 ? std::nullopt : std::optional<uint64_t>(*at + need->vn_next);
  }
  return highest;
}

std::string Architecture(const Elf64_Ehdr& header) {
  const auto* ident = header.e_ident;
  const bool fits = std::memcmp(ident, ELFMAG, SELFMAG) == 0 && ident[EI_CLASS] == ELFCLASS64 &&
                    ident[EI_DATA] == ELFDATA2LSB && (header.e_type == ET_EXEC || header.e_type == ET_DYN);
  if (fits && header.e_machine == EM_X86_64) return "x86_64";
  if (fits && header.e_machine == EM_AARCH64) return "aarch64";
  return "";
}

}  // namespace

bool IsOlderVersion(std::string_view a, std::string_view b) { return Numbers(a) < Numbers(b); }

std::optional<ElfFacts> ReadElf(std::string_view file) {
  Elf elf(file);
  const auto header = elf.At<Elf64_Ehdr>(0);
  if (!header || Architecture(*header).empty() || !elf.ReadSegments(*header)) return std::nullopt;
  ElfFacts facts{Architecture(*header), {}, ""};
  const auto dynamic = elf.Dynamic();
  if (dynamic.empty()) return facts;
  const auto table = ValueOf(dynamic, DT_STRTAB);
  const auto strings = table ? elf.OffsetOf(*table) : std::nullopt;
  if (!strings) return std::nullopt;
  for (const Elf64_Dyn& entry : dynamic) {
    if (entry.d_tag != DT_NEEDED) continue;
    const auto name = elf.Text(*strings + entry.d_un.d_val);
    if (!name) return std::nullopt;
    if (std::find(std::begin(kGlibcsOwn), std::end(kGlibcsOwn), *name) == std::end(kGlibcsOwn))
      facts.libraries.push_back(*name);
  }
  facts.glibc = HighestGlibc(elf, dynamic, *strings);
  return facts;
}

}  // namespace convnext
