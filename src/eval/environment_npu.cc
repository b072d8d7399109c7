// Huawei Ascend NPUs: devices, driver, CANN, and what keeps this program from using them.
#include <fmt/ranges.h>

#include <filesystem>

#include "engine/engine.h"
#include "eval/environment_parts.h"

namespace convnext {
namespace {

namespace fs = std::filesystem;

constexpr double kNpuSmiSeconds = 20;

// /dev/davinci0, /dev/davinci1, ...: one for each chip. /dev/davinci_manager is none.
int64_t CountDevices(const Machine& machine) {
  constexpr std::string_view kPrefix = "davinci";
  int64_t count = 0;
  std::error_code error;
  for (fs::directory_iterator entry(machine.root + "/dev", error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename();
    const bool device = name.size() > kPrefix.size() && name.starts_with(kPrefix) &&
                        name.find_first_not_of("0123456789", kPrefix.size()) == std::string::npos;
    count += device ? 1 : 0;
  }
  return count;
}

// The driver's place is in /etc/ascend_install.info if it is not the usual one.
std::optional<std::string> DriverVersion(const Machine& machine) {
  const std::string install = MachineFile(machine, "/etc/ascend_install.info");
  const std::string place = FieldOf(install, "Driver_Install_Path_Param", '=').value_or("/usr/local/Ascend");
  return FieldOf(MachineFile(machine, place + "/driver/version.info"), "Version", '=');
}

// Where CANN may be, in the order in which its own tools look.
std::vector<std::string> CannRoots(const Machine& machine) {
  std::vector<std::string> roots;
  for (const char* name : {"ASCEND_HOME_PATH", "ASCEND_TOOLKIT_HOME"}) {
    if (const auto root = Variable(machine, name)) roots.push_back(*root);
  }
  roots.insert(roots.end(), {"/usr/local/Ascend/cann", "/usr/local/Ascend/ascend-toolkit/latest"});
  if (const auto home = Variable(machine, "HOME")) {
    roots.insert(roots.end(), {*home + "/Ascend/cann", *home + "/Ascend/ascend-toolkit/latest"});
  }
  roots.push_back("/usr/local/Ascend/nnrt/latest");
  return roots;
}

std::optional<std::string> FindCann(const Machine& machine) {
  std::error_code ignored;
  for (const std::string& root : CannRoots(machine)) {
    if (fs::is_directory(machine.root + root, ignored)) return root;
  }
  return std::nullopt;
}

// "runtime_running_version=[7.7.0.1.238:8.1.RC1]" to "8.1.RC1".
std::optional<std::string> PublicVersion(const std::string& version_cfg) {
  for (const char* name : {"runtime_running_version", "runtime_installed_version", "opp_running_version"}) {
    const auto value = FieldOf(version_cfg, name, '=');
    if (!value) continue;
    const size_t mark = value->find(':'), end = value->find(']');
    if (mark != std::string::npos && end != std::string::npos && mark < end)
      return value->substr(mark + 1, end - mark - 1);
  }
  return std::nullopt;
}

// The version is in other files in each generation of CANN.
std::optional<std::string> CannVersion(const Machine& machine, const std::string& root) {
  for (const char* architecture : {"aarch64", "x86_64"}) {
    const std::string info =
        MachineFile(machine, fmt::format("{}/{}-linux/ascend_toolkit_install.info", root, architecture));
    if (auto version = FieldOf(info, "version", '=')) return version;
  }
  if (auto version = PublicVersion(MachineFile(machine, root + "/version.cfg"))) return version;
  for (const char* directory : {"runtime", "compiler", "toolkit", "opp", "share/info/runtime", "share/info/compiler"}) {
    const std::string info = MachineFile(machine, fmt::format("{}/{}/version.info", root, directory));
    for (const char* name : {"version_dir", "Version"}) {
      if (auto version = FieldOf(info, name, '=')) return version;
    }
  }
  return std::nullopt;
}

std::optional<std::string> NpuSmi(const Machine& machine) {
  const auto program = FindProgram("npu-smi", Variable(machine, "PATH").value_or(""));
  if (!program) return std::nullopt;
  const auto result = RunProcess({*program, "info"}, {.timeout_seconds = kNpuSmiSeconds});
  return SafeLines(machine, result.ok() ? result->output : result.status().message());
}

BlockingReason DriverMissing(const EnvironmentRecord& record) {
  return {"npu.driver.missing",
          fmt::format("no /dev/davinci*, npu-smi {}", record.npu_smi ? "is there" : "is not on the PATH"),
          "the Ascend driver is not loaded, or this container was not given its devices",
          "install the Ascend driver and firmware and reboot; in a container pass /dev/davinci*, /dev/davinci_manager, "
          "/dev/devmm_svm and /dev/hisi_hdc, and mount /usr/local/Ascend/driver"};
}

BlockingReason CannMissing(const Machine& machine) {
  const std::string symptom = fmt::format("no CANN in {}", fmt::join(CannRoots(machine), ", "));
  return {"npu.cann.missing", SafeLine(machine, symptom),
          "the CANN toolkit is not installed, or its set_env.sh was not sourced",
          "install Ascend-cann-toolkit, or source the set_env.sh of the one that is installed elsewhere"};
}

BlockingReason BackendMissing() {
  return {"npu.backend.missing", fmt::format("convnext {} has no Ascend backend", Version()),
          "this version computes on CPUs only", "use --device cpu"};
}

std::optional<std::string> SafeVersion(const Machine& machine, const std::optional<std::string>& version) {
  return version ? std::optional(SafeLine(machine, *version)) : std::nullopt;
}

}  // namespace

void CollectNpu(const Machine& machine, EnvironmentRecord& record) {
  const auto cann = FindCann(machine);
  record.npu_count = CountDevices(machine);
  record.driver_version = SafeVersion(machine, DriverVersion(machine));
  record.cann_version = SafeVersion(machine, cann ? CannVersion(machine, *cann) : std::nullopt);
  record.npu_smi = NpuSmi(machine);
  if (record.npu_count == 0) record.blocking_reasons.push_back(DriverMissing(record));
  if (!cann) record.blocking_reasons.push_back(CannMissing(machine));
  record.blocking_reasons.push_back(BackendMissing());
}

}  // namespace convnext
