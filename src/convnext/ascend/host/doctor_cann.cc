// CANN: is it there, can its library be loaded, does it fit the driver.
#include <fmt/ranges.h>

#include <algorithm>

#include "convnext/ascend/host/doctor_parts.h"
#include "convnext/ascend/host/paths.h"

namespace convnext {
namespace {

constexpr const char* kAcl = "libascendcl.so";
constexpr const char* kHal = "libascend_hal.so";

// The directories that /etc/ld.so.conf and its parts name.
std::vector<std::string> ConfiguredDirectories(const Machine& machine) {
  std::string text = MachineFile(machine, "/etc/ld.so.conf") + "\n";
  for (const std::string& name : NamesIn(machine, "/etc/ld.so.conf.d")) {
    if (name.ends_with(".conf"))
      fmt::format_to(std::back_inserter(text), "{}\n", MachineFile(machine, "/etc/ld.so.conf.d/" + name));
  }
  std::vector<std::string> directories = Parts(text, '\n');
  std::erase_if(directories, [](const std::string& line) { return !line.starts_with('/'); });
  return directories;
}

std::string SourceLine(const CannInstallation& cann) {
  if (cann.set_env) return fmt::format("source {}", *cann.set_env);
  return fmt::format("export LD_LIBRARY_PATH={}/lib64:$LD_LIBRARY_PATH", cann.root);
}

BlockingReason CannMissing(const Examination& e) {
  const auto named = Variable(e.machine, "ASCEND_HOME_PATH");
  const Bilingual variable =
      named ? Say({" (ASCEND_HOME_PATH is {})", "（ASCEND_HOME_PATH 为 {}）"}, *named) : Same("");
  return MakeReason(
      "npu.cann.missing",
      Say({"no CANN in {}{}", "在以下路径中都没有找到 CANN：{}{}"}, Listed(CannRoots(e.machine)), variable),
      named ? Say({"the CANN that ASCEND_HOME_PATH names is not there", "ASCEND_HOME_PATH 指定的 CANN 不存在"})
            : Say({"the CANN toolkit is not installed, or its set_env.sh was not sourced",
                   "没有安装 CANN toolkit，或没有 source 其 set_env.sh"}),
      Say({"install Ascend-cann-toolkit and the operators of the chip (from CANN 8.5 on Ascend-cann-CHIP-ops, before "
           "Ascend-cann-kernels-CHIP), or source the set_env.sh of the one that is installed elsewhere",
           "安装 Ascend-cann-toolkit 和该芯片的算子包（CANN 8.5 起为 Ascend-cann-CHIP-ops，之前为 "
           "Ascend-cann-kernels-CHIP）；如果装在别处，请 source 其 set_env.sh"}));
}

BlockingReason StubLibrary(const std::string& library, const std::string& directory) {
  return MakeReason(
      "npu.cann.stub_library",
      Say({"LD_LIBRARY_PATH finds {} in {} first", "LD_LIBRARY_PATH 最先找到的 {} 位于 {}"}, library, directory),
      Say({"that is a stand-in for linking on machines without a driver: its functions do not work",
           "这是在没有驱动的机器上供链接使用的替代库，其中的函数不能工作"}),
      Say({"take {} out of LD_LIBRARY_PATH", "从 LD_LIBRARY_PATH 中去掉 {}"}, directory));
}

// `error`: of the loader; empty where the files show it.
BlockingReason NotSourced(const Examination& e, const std::string& error) {
  return MakeReason("npu.cann.not_sourced",
                    error.empty() ? Say({"CANN is in {}, but no directory of LD_LIBRARY_PATH holds {}",
                                         "CANN 位于 {}，但 LD_LIBRARY_PATH 的各目录中都没有 {}"},
                                        e.cann->root, kAcl)
                                  : Say({"CANN is in {}, which LD_LIBRARY_PATH does not name: {}",
                                         "CANN 位于 {}，但 LD_LIBRARY_PATH 中没有该目录：{}"},
                                        e.cann->root, error),
                    Say({"the variables of CANN are not set in this shell", "当前 shell 没有设置 CANN 的环境变量"}),
                    Same(SourceLine(*e.cann)));
}

Bilingual PlaceOfHal(const Examination& e) {
  const auto& found = e.driver.hal_directories;
  if (found.empty()) return Say({"it is not in {}/lib64 either", "{}/lib64 中也没有"}, e.driver.directory);
  return Say({"it is in {}, where the loader does not look", "它位于 {}，而动态加载器不在那里查找"}, Listed(found));
}

BlockingReason HalMissing(const Examination& e, const std::string& error) {
  const Bilingual what =
      error.empty() ? Say({"no directory of LD_LIBRARY_PATH holds {}", "LD_LIBRARY_PATH 的各目录中都没有 {}"}, kHal)
                    : Same(error);
  return MakeReason(
      "npu.cann.hal_missing", Say({"{}; {}", "{}；{}"}, what, PlaceOfHal(e)),
      Say({"CANN's library needs the driver's, whose directory is not on the search path",
           "CANN 的库依赖驱动的库，而后者所在的目录不在库路径中"}),
      e.driver.hal_directories.empty()
          ? Say({"install the Ascend driver again; in a container mount its directory, /usr/local/Ascend/driver",
                 "重新安装昇腾驱动；在容器中需挂载其目录 /usr/local/Ascend/driver"})
          : Same(fmt::format("export LD_LIBRARY_PATH={}:$LD_LIBRARY_PATH",
                             fmt::join(DriverLibraries(e.driver.directory), ":"))));
}

BlockingReason LibraryBroken(const std::string& error) {
  return MakeReason("npu.cann.library", Say({"CANN's library cannot be loaded: {}", "无法加载 CANN 的库：{}"}, error),
                    Say({"the installation is damaged, was made for another architecture, or needs a newer system",
                         "安装已损坏、架构不符，或需要更新的操作系统"}),
                    Say({"install CANN again, for this architecture (uname -m) and this system",
                         "重新安装与本机架构（uname -m）和操作系统相符的 CANN"}));
}

// A stand-in that the loader meets before the real library. At the end of the path it does no harm.
std::optional<BlockingReason> StubReason(const Examination& e) {
  for (const char* library : {kAcl, kHal}) {
    for (const std::string& directory : DirectoriesOf(e.machine, "LD_LIBRARY_PATH")) {
      if (!PathExists(e.machine, fmt::format("{}/{}", directory, library))) continue;
      if (IsStub(directory)) return StubLibrary(library, directory);
      break;
    }
  }
  return std::nullopt;
}

bool PathHoldsInstallation(const Examination& e) {
  const auto directories = DirectoriesOf(e.machine, "LD_LIBRARY_PATH");
  return std::any_of(directories.begin(), directories.end(),
                     [&e](const std::string& directory) { return directory.starts_with(e.cann->root + "/"); });
}

// The loader failed.
std::optional<BlockingReason> LoadReason(const Examination& e, bool driver_blocked) {
  const std::string& error = e.probe->library_error;
  if (error.find("libascend_hal") != std::string::npos)
    return driver_blocked ? std::nullopt : std::optional(HalMissing(e, error));
  if (e.cann && !PathHoldsInstallation(e)) return NotSourced(e, error);
  return LibraryBroken(error);
}

// Nothing was loaded: what the files let expect.
std::optional<BlockingReason> SearchReason(const Examination& e, bool driver_blocked) {
  if (!LoaderFinds(e.machine, kAcl)) return NotSourced(e, "");
  if (!driver_blocked && !LoaderFinds(e.machine, kHal)) return HalMissing(e, "");
  return std::nullopt;
}

std::optional<BlockingReason> LibraryReason(const Examination& e, bool driver_blocked) {
  if (!driver_blocked) {
    if (auto stub = StubReason(e)) return stub;
  }
  if (LibraryLoaded(e)) return std::nullopt;
  return e.probe ? LoadReason(e, driver_blocked) : SearchReason(e, driver_blocked);
}

// "7.35.23" to {7, 35, 23}; it ends before the first part that is no number.
std::vector<int64_t> VersionNumbers(std::string_view text) {
  std::vector<int64_t> numbers;
  for (const std::string& part : Parts(text, '.')) {
    const auto number = ParseNumber(part);
    if (!number) break;
    numbers.push_back(*number);
  }
  return numbers;
}

// Whether `version` meets a demand: ">=7.0", "<8", "4.0.0" (at least); true for what is not understood.
bool MeetsDemand(const std::vector<int64_t>& version, const std::string& demand) {
  const size_t digits = demand.find_first_of("0123456789");
  if (digits == std::string::npos || version.empty()) return true;
  const std::vector<int64_t> limit = VersionNumbers(std::string_view(demand).substr(digits));
  const std::string sign = demand.substr(0, demand.find_first_of(" 0123456789"));
  if (sign == "<") return version < limit;
  if (sign == "<=") return version <= limit;
  if (sign == ">") return version > limit;
  return !(sign.empty() || sign == ">=") || version >= limit;
}

BlockingReason DriverMismatch(const Examination& e, const Bilingual& symptom) {
  return MakeReason(
      "npu.cann.driver_mismatch", symptom,
      Say({"CANN and the driver were not made for each other", "CANN 与驱动的版本不配套"}),
      Say({"install the driver and firmware that the version table of CANN {} names, or the CANN for driver {}",
           "按 CANN {} 的版本配套表安装驱动和固件，或安装与驱动 {} 配套的 CANN"},
          e.cann->version.value_or("(unknown)"), DriverVersion(e).value_or("(unknown)")));
}

// Compares libascend_hal with what CANN's runtime demands of it.
std::optional<BlockingReason> HalMismatch(const Examination& e) {
  const std::string name = "required_driver_ascendhal_version";
  for (const char* place : {"runtime", "share/info/runtime"}) {
    const std::string path = fmt::format("{}/{}/version.info", e.cann->root, place);
    const auto demands = FieldOf(MachineFile(e.machine, path), name, '=');
    if (!demands || !e.driver.hal_version) continue;
    for (const std::string& demand : Parts(*demands, ',')) {
      if (MeetsDemand(VersionNumbers(*e.driver.hal_version), demand)) continue;
      return DriverMismatch(e, Say({"{} has {}={}, {}/version.info has ascendhal_version={}",
                                    "{} 中为 {}={}，{}/version.info 中为 ascendhal_version={}"},
                                   path, name, *demands, e.driver.directory, *e.driver.hal_version));
    }
  }
  return std::nullopt;
}

// "V100R001C21SPC001B238" to "[V100R001C21]", as the lists of what is compatible have it; empty if it is no such name.
std::string ReleaseName(const std::string& inner) {
  const size_t mark = inner.find('C');
  if (!inner.starts_with('V') || mark == std::string::npos) return {};
  const size_t end = inner.find_first_not_of("0123456789", mark + 1);
  return fmt::format("[{}]", inner.substr(0, end));
}

std::string CannInstallInfo(const Examination& e) {
  for (const char* architecture : {"aarch64", "x86_64"}) {
    std::string info =
        MachineFile(e.machine, fmt::format("{}/{}-linux/ascend_toolkit_install.info", e.cann->root, architecture));
    if (!info.empty()) return info;
  }
  return {};
}

// CANN and the driver each list the releases that they work with. One of the two lists is enough: the older cannot
// know the newer.
std::optional<BlockingReason> ReleaseMismatch(const Examination& e) {
  const std::string cann = CannInstallInfo(e), driver = MachineFile(e.machine, e.driver.directory + "/version.info");
  const auto cann_knows = FieldOf(cann, "compatible_version", '='),
             driver_knows = FieldOf(driver, "compatible_version", '=');
  const std::string cann_is = ReleaseName(FieldOf(cann, "innerversion", '=').value_or("")),
                    driver_is = ReleaseName(FieldOf(driver, "Innerversion", '=').value_or(""));
  if (!cann_knows || !driver_knows || cann_is.empty() || driver_is.empty()) return std::nullopt;
  if (cann_knows->find(driver_is) != std::string::npos || driver_knows->find(cann_is) != std::string::npos)
    return std::nullopt;
  return DriverMismatch(e, Say({"CANN {0} in {1} works with {2}, the driver is {3}; the driver works with {4}",
                                "{1} 中的 CANN {0} 支持 {2}，驱动为 {3}；该驱动支持 {4}"},
                               cann_is, e.cann->root, *cann_knows, driver_is, *driver_knows));
}

}  // namespace

std::optional<std::string> LoaderFinds(const Machine& machine, const std::string& library) {
  std::vector<std::string> directories = DirectoriesOf(machine, "LD_LIBRARY_PATH");
  const std::vector<std::string> configured = ConfiguredDirectories(machine);
  directories.insert(directories.end(), configured.begin(), configured.end());
  directories.insert(directories.end(), {"/lib64", "/usr/lib64", "/lib", "/usr/lib"});
  const auto found = std::find_if(directories.begin(), directories.end(), [&](const std::string& directory) {
    return PathExists(machine, fmt::format("{}/{}", directory, library));
  });
  return found == directories.end() ? std::nullopt : std::optional(*found);
}

std::vector<BlockingReason> CannReasons(const Examination& e, bool driver_blocked) {
  if (!e.cann && !e.probe && !LoaderFinds(e.machine, kAcl)) return {CannMissing(e)};
  std::vector<BlockingReason> reasons;
  if (const auto reason = LibraryReason(e, driver_blocked)) reasons.push_back(*reason);
  if (!e.cann || driver_blocked) return reasons;
  auto mismatch = HalMismatch(e);
  if (!mismatch) mismatch = ReleaseMismatch(e);
  if (mismatch) reasons.push_back(*mismatch);
  return reasons;
}

}  // namespace convnext
