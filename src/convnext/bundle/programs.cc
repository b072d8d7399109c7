#include "convnext/bundle/programs.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "convnext/archive/archive.h"
#include "convnext/bundle/layout.h"
#include "convnext/bundle/run_log.h"

namespace convnext {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostProgramBytes = size_t{64} << 20;  // as ReadDirectory reads
constexpr const char* kRunningProgram = "/proc/self/exe";
constexpr const char* kPackages = "dist";
constexpr const char* kArchitectures = "an executable for Linux on x86_64 or aarch64";

// Of those that ReadElf knows.
std::string PathFor(std::string_view architecture) {
  return architecture == "x86_64" ? kX86ProgramPath : kArmProgramPath;
}

bool IsPackageName(const std::string& name) {
  return name.starts_with("convnext-") && name.find("-linux-") != std::string::npos && name.ends_with(".tar.gz");
}

Result<std::string> ReadProgram(const std::string& path) {
  if (IsPackageName(fs::path(path).filename().string())) return ReadFromArchive(path, "bin/convnext");
  CONVNEXT_ASSIGN_OR_RETURN(const auto bytes, ReadFile(path, kMostProgramBytes));
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

// The programs gathered, each with where it was found.
class Gathering {
 public:
  Status Add(const std::string& path) {
    CONVNEXT_ASSIGN_OR_RETURN(auto bytes, ReadProgram(path));
    const auto elf = ReadElf(bytes);
    if (!elf || bytes.size() > kMostProgramBytes)
      return Invalid("--with_program: {} is no program for a bundle; expected {} of at most {} bytes",
                     Printable(path, 1000), kArchitectures, kMostProgramBytes);
    const std::string place = PathFor(elf->architecture);
    if (const auto other = origins_.find(place); other != origins_.end())
      return Invalid("--with_program: {} and {} are both for {}; give one for each architecture",
                     Printable(other->second, 1000), Printable(path, 1000), elf->architecture);
    origins_[place] = path;
    files_[place] = std::move(bytes);
    return {};
  }

  // The packages, or the program, in a directory.
  Status AddDirectory(const std::string& directory) {
    for (const std::string& path : PathsIn(directory)) {
      CONVNEXT_RETURN_IF_ERROR(Add(path));
    }
    return {};
  }

  bool Has(const std::string& architecture) const { return files_.contains(PathFor(architecture)); }
  Files Release() && { return std::move(files_); }

 private:
  static std::vector<std::string> PathsIn(const std::string& directory) {
    std::vector<std::string> paths;
    std::error_code error;
    for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
      const std::string name = entry->path().filename().string();
      if (IsPackageName(name) || (name == "convnext" && entry->is_regular_file(error)))
        paths.push_back(entry->path().string());
    }
    std::sort(paths.begin(), paths.end());
    return paths;
  }

  Files files_;
  std::map<std::string, std::string> origins_;
};

// "" if the running program needs nothing but glibc.
std::string MissingElsewhere() {
  const auto bytes = ReadProgram(kRunningProgram);
  const auto elf = bytes.ok() ? ReadElf(*bytes) : std::nullopt;
  if (!elf) return kArchitectures;
  return fmt::format("{}", fmt::join(elf->libraries, ", "));
}

Result<Files> GatherWhatIsAtHand() {
  Gathering gathering;
  const std::string missing = MissingElsewhere();
  if (missing.empty()) {
    CONVNEXT_RETURN_IF_ERROR(gathering.Add(kRunningProgram));
  }
  for (const char* architecture : {"x86_64", "aarch64"}) {
    const std::string package = fmt::format("{}/convnext-{}-linux-{}.tar.gz", kPackages, Version(), architecture);
    std::error_code ignored;
    if (gathering.Has(architecture) || !fs::exists(package, ignored)) continue;
    CONVNEXT_RETURN_IF_ERROR(gathering.Add(package));
  }
  Files files = std::move(gathering).Release();
  if (!files.empty()) return files;
  return Invalid(
      "--with_program: no program at hand that runs elsewhere: {}/ has no convnext-{}-linux-*.tar.gz, and the program "
      "that runs needs {}. Make one with tools/portable, or name executables",
      kPackages, Version(), missing);
}

}  // namespace

Result<Files> GatherPrograms(const std::vector<std::string>& paths) {
  if (paths.empty()) return GatherWhatIsAtHand();
  Gathering gathering;
  for (const std::string& path : paths) {
    std::error_code ignored;
    CONVNEXT_RETURN_IF_ERROR(fs::is_directory(path, ignored) ? gathering.AddDirectory(path) : gathering.Add(path));
  }
  Files files = std::move(gathering).Release();
  if (!files.empty()) return files;
  return Invalid("--with_program: no convnext-*-linux-*.tar.gz and no program convnext in {}",
                 Printable(fmt::format("{}", fmt::join(paths, ", ")), 1000));
}

std::optional<ProgramFacts> DescribeProgram(const std::string& path, const std::string& bytes) {
  const auto elf = ReadElf(bytes);
  if (!elf || path != PathFor(elf->architecture)) return std::nullopt;
  return ProgramFacts{path, DigestOf(bytes), static_cast<int64_t>(bytes.size()), elf->glibc, elf->libraries};
}

std::vector<ProgramFacts> DescribePrograms(const Files& files) {
  std::vector<ProgramFacts> programs;
  for (const char* path : PathsOf(FileKind::kExecutable)) {
    const auto file = files.find(path);
    auto program = file == files.end() ? std::nullopt : DescribeProgram(path, file->second);
    if (program) programs.push_back(*std::move(program));
  }
  return programs;
}

Status FinishPrograms(const std::string& directory, const Files& bundle) {
  for (const char* path : PathsOf(FileKind::kExecutable)) {
    const fs::path file = fs::path(directory) / path;
    std::error_code error;
    if (bundle.contains(path)) {
      fs::permissions(file, fs::perms::owner_exec | fs::perms::group_exec | fs::perms::others_exec,
                      fs::perm_options::add, error);
    } else {
      fs::remove(file, error);
      std::error_code ignored;
      fs::remove(file.parent_path(), ignored);  // if they are empty
      fs::remove(file.parent_path().parent_path(), ignored);
    }
    if (error) return IoError("{}: {}", Printable(file.string(), 1000), error.message());
  }
  return {};
}

}  // namespace convnext
