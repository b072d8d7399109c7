#include "convnext/ascend/host/cann.h"

#include <sys/utsname.h>

#include <algorithm>

#include "convnext/ascend/host/driver.h"
#include "convnext/ascend/host/paths.h"

namespace convnext {
namespace {

std::string ThisArchitecture() {
  utsname names{};
  return ::uname(&names) == 0 ? names.machine : "";
}

// "x86_64-linux", "aarch64-linux": the parts of an installation for a host. That of this host comes first.
std::vector<std::string> HostDirectories(const Machine& machine, const std::string& root) {
  const std::string own = ThisArchitecture();
  std::vector<std::string> directories;
  for (const std::string& architecture : {own, std::string("aarch64"), std::string("x86_64")}) {
    std::string directory = fmt::format("{}/{}-linux", root, architecture);
    const bool known = std::find(directories.begin(), directories.end(), directory) != directories.end();
    if (!known && IsDirectory(machine, directory)) directories.push_back(std::move(directory));
  }
  return directories;
}

// An empty directory is no installation, nor is one that holds other versions only.
bool HoldsCann(const Machine& machine, const std::string& root) {
  if (!HostDirectories(machine, root).empty()) return true;
  for (const char* part : {"lib64", "bin", "runtime", "compiler", "opp", "share/info", "version.cfg"}) {
    if (PathExists(machine, fmt::format("{}/{}", root, part))) return true;
  }
  return false;
}

// "[7.7.0.1.238:8.1.RC1]" to "7.7.0.1.238" and "8.1.RC1"; empty where it is something else.
std::pair<std::string, std::string> SplitVersions(const std::string& value) {
  const size_t begin = value.find('['), mark = value.find(':'), end = value.find(']');
  if (begin == std::string::npos || mark == std::string::npos || end == std::string::npos) return {};
  if (begin > mark || mark > end) return {};
  return {value.substr(begin + 1, mark - begin - 1), value.substr(mark + 1, end - mark - 1)};
}

std::optional<std::string> NonEmpty(std::string text) {
  return text.empty() ? std::nullopt : std::optional(std::move(text));
}

std::optional<std::string> VersionOfInstallInfo(const Machine& machine, const std::string& root) {
  for (const std::string& directory : HostDirectories(machine, root)) {
    for (const char* package : {"toolkit", "nnrt", "nnae"}) {
      const std::string info = MachineFile(machine, fmt::format("{}/ascend_{}_install.info", directory, package));
      if (auto version = FieldOf(info, "version", '=')) return version;
    }
  }
  return std::nullopt;
}

std::optional<std::string> VersionOfConfig(const std::string& version_cfg) {
  for (const char* name : {"runtime_running_version", "runtime_installed_version", "opp_running_version"}) {
    const auto value = FieldOf(version_cfg, name, '=');
    if (!value) continue;
    if (auto version = NonEmpty(SplitVersions(*value).second)) return version;
  }
  return std::nullopt;
}

// The version is in other files in each generation of CANN: docs/ascend-facts.md, "Host: version files".
std::optional<std::string> CannVersion(const Machine& machine, const std::string& root) {
  if (auto version = VersionOfInstallInfo(machine, root)) return version;
  if (auto version = VersionOfConfig(MachineFile(machine, root + "/version.cfg"))) return version;
  for (const char* directory : {"runtime", "compiler", "toolkit", "opp", "share/info/runtime", "share/info/compiler"}) {
    const std::string info = MachineFile(machine, fmt::format("{}/{}/version.info", root, directory));
    for (const char* name : {"version_dir", "Version"}) {
      if (auto version = FieldOf(info, name, '=')) return version;
    }
  }
  return std::nullopt;
}

std::optional<std::string> OppVersion(const Machine& machine, const std::string& root) {
  for (const char* directory : {"opp", "share/info/opp"}) {
    const std::string info = MachineFile(machine, fmt::format("{}/{}/version.info", root, directory));
    if (auto version = FieldOf(info, "Version", '=')) return version;
  }
  const auto value = FieldOf(MachineFile(machine, root + "/version.cfg"), "opp_running_version", '=');
  return value ? NonEmpty(SplitVersions(*value).first) : std::nullopt;
}

// Below the root, or else on the PATH.
std::optional<std::string> FindAtc(const Machine& machine, const std::string& root) {
  std::vector<std::string> candidates = {root + "/bin/atc", root + "/compiler/bin/atc"};
  for (const std::string& directory : HostDirectories(machine, root)) candidates.push_back(directory + "/bin/atc");
  for (const std::string& candidate : candidates) {
    if (IsProgram(machine, candidate)) return candidate;
  }
  const auto found = FindProgram("atc", Variable(machine, "PATH").value_or(""));
  if (!found || !found->starts_with(machine.root)) return std::nullopt;
  return found->substr(machine.root.size());
}

// Beside the installation or above it: ascend-toolkit/set_env.sh is that of ascend-toolkit/latest.
std::optional<std::string> FindSetEnv(const Machine& machine, const std::string& root) {
  for (const std::string& directory : {root, root.substr(0, root.rfind('/'))}) {
    if (PathExists(machine, directory + "/set_env.sh")) return directory + "/set_env.sh";
  }
  return std::nullopt;
}

// `first`, then the directories that the variable holds, then `last`; each once.
std::string PathVariable(const Machine& machine, const std::string& name, std::vector<std::string> first,
                         const std::vector<std::string>& last = {}) {
  const std::vector<std::string> held = DirectoriesOf(machine, name);
  std::string path;
  std::vector<std::string> seen;
  first.insert(first.end(), held.begin(), held.end());
  first.insert(first.end(), last.begin(), last.end());
  for (const std::string& directory : first) {
    if (std::find(seen.begin(), seen.end(), directory) != seen.end()) continue;
    fmt::format_to(std::back_inserter(path), "{}{}", seen.empty() ? "" : ":", directory);
    seen.push_back(directory);
  }
  return path;
}

// Where atc finds libascend_hal: in the driver, or where there is none in CANN's stand-in for compiling without a
// device. See docs/ascend-facts.md, "Compiling: host needs".
std::vector<std::string> HalDirectories(const Machine& machine, const std::string& root) {
  const DriverFacts driver = InspectDriver(machine);
  std::vector<std::string> directories, candidates = DriverLibraries(driver.directory);
  if (driver.hal_directories.empty()) {
    candidates.clear();
    for (const std::string& directory : HostDirectories(machine, root)) candidates.push_back(directory + "/devlib");
    candidates.insert(candidates.end(), {root + "/runtime/lib64/stub", root + "/compiler/lib64/stub"});
  }
  std::copy_if(candidates.begin(), candidates.end(), std::back_inserter(directories),
               [&machine](const std::string& directory) { return IsDirectory(machine, directory); });
  return directories;
}

std::vector<std::string> LibraryDirectories(const Machine& machine, const std::string& root) {
  const std::vector<std::string> hosts = HostDirectories(machine, root);
  const std::string host = hosts.empty() ? ThisArchitecture() + "-linux" : hosts[0].substr(hosts[0].rfind('/') + 1);
  return {
      root + "/lib64",
      root + "/lib64/plugin/opskernel",
      root + "/lib64/plugin/nnengine",
      fmt::format("{}/opp/built-in/op_impl/ai_core/tbe/op_tiling/lib/linux/{}", root, host.substr(0, host.rfind('-'))),
      root + "/tools/aml/lib64",
      root + "/tools/aml/lib64/plugin"};
}

std::vector<std::string> PlatformDirectories(const Machine& machine, const std::string& root) {
  std::vector<std::string> directories;
  for (const std::string& host : HostDirectories(machine, root)) directories.push_back(host + "/data/platform_config");
  directories.insert(directories.end(), {root + "/data/platform_config", root + "/compiler/data/platform_config"});
  return directories;
}

// As chips are called: no path hides in it.
bool IsSocName(const std::string& name) {
  const auto allowed = [](char c) { return IsNameCharacter(c) && c != '.'; };
  return !name.empty() && name.size() < 100 && std::all_of(name.begin(), name.end(), allowed);
}

}  // namespace

std::vector<std::string> CannRoots(const Machine& machine) {
  std::vector<std::string> roots;
  for (const char* name : {"ASCEND_HOME_PATH", "ASCEND_TOOLKIT_HOME"}) {
    auto root = Variable(machine, name);
    while (root && root->size() > 1 && root->ends_with('/')) root->pop_back();
    if (root && std::find(roots.begin(), roots.end(), *root) == roots.end()) roots.push_back(*root);
  }
  std::vector<std::string> usual = {"/usr/local/Ascend/cann", "/usr/local/Ascend/ascend-toolkit/latest"};
  if (const auto home = Variable(machine, "HOME"))
    usual.insert(usual.end(), {*home + "/Ascend/cann", *home + "/Ascend/ascend-toolkit/latest"});
  usual.insert(usual.end(), {"/usr/local/Ascend/nnae/latest", "/usr/local/Ascend/nnrt/latest"});
  for (std::string& root : usual) {
    if (std::find(roots.begin(), roots.end(), root) == roots.end()) roots.push_back(std::move(root));
  }
  return roots;
}

std::optional<CannInstallation> FindCann(const Machine& machine) {
  for (const std::string& root : CannRoots(machine)) {
    if (!HoldsCann(machine, root)) continue;
    return CannInstallation{root, CannVersion(machine, root), OppVersion(machine, root), FindAtc(machine, root),
                            FindSetEnv(machine, root)};
  }
  return std::nullopt;
}

std::map<std::string, std::string> CannEnvironment(const Machine& machine, const CannInstallation& cann) {
  const std::string& root = cann.root;
  std::map<std::string, std::string> variables = {{"ASCEND_TOOLKIT_HOME", root},
                                                  {"ASCEND_HOME_PATH", root},
                                                  {"ASCEND_OPP_PATH", root + "/opp"},
                                                  {"ASCEND_AICPU_PATH", root},
                                                  {"TOOLCHAIN_HOME", root + "/toolkit"}};
  for (auto& [name, value] : variables) {
    const auto held = Variable(machine, name);
    if (held && IsDirectory(machine, *held)) value = *held;  // not where an installation used to be
  }
  variables["PATH"] = PathVariable(machine, "PATH", {root + "/bin", root + "/compiler/ccec_compiler/bin"});
  variables["PYTHONPATH"] =
      PathVariable(machine, "PYTHONPATH", {root + "/python/site-packages", root + "/opp/built-in/op_impl/ai_core/tbe"});
  variables["LD_LIBRARY_PATH"] =
      PathVariable(machine, "LD_LIBRARY_PATH", LibraryDirectories(machine, root), HalDirectories(machine, root));
  return variables;
}

std::optional<std::string> FindPlatformConfig(const Machine& machine, const CannInstallation& cann,
                                              const std::string& soc_version) {
  if (!IsSocName(soc_version)) return std::nullopt;
  for (const std::string& directory : PlatformDirectories(machine, cann.root)) {
    std::string path = fmt::format("{}/{}.ini", directory, soc_version);
    if (PathExists(machine, path)) return path;
  }
  return std::nullopt;
}

std::vector<std::string> KnownSocVersions(const Machine& machine, const CannInstallation& cann) {
  constexpr std::string_view kEnding = ".ini";
  std::vector<std::string> known;
  for (const std::string& directory : PlatformDirectories(machine, cann.root)) {
    for (const std::string& name : NamesIn(machine, directory)) {
      if (name.size() > kEnding.size() && name.ends_with(kEnding))
        known.push_back(name.substr(0, name.size() - kEnding.size()));
    }
  }
  std::sort(known.begin(), known.end());
  known.erase(std::unique(known.begin(), known.end()), known.end());
  return known;
}

std::map<std::string, std::string> MissingCannVariables(const Machine& machine) {
  if (Variable(machine, "ASCEND_OPP_PATH")) return {};
  const auto cann = FindCann(machine);
  if (!cann || InspectDriver(machine).devices.empty()) return {};
  return CannEnvironment(machine, *cann);
}

}  // namespace convnext
