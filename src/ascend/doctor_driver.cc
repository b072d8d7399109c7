// The driver, the device nodes and who may use them.
#include <fcntl.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "ascend/doctor_parts.h"
#include "ascend/paths.h"

namespace convnext {
namespace {

constexpr const char* kPassDevices =
    "start the container with --device=/dev/davinci0 (one for each NPU) --device=/dev/davinci_manager "
    "--device=/dev/devmm_svm --device=/dev/hisi_hdc -v /usr/local/Ascend/driver:/usr/local/Ascend/driver, or with "
    "--runtime=ascend -e ASCEND_VISIBLE_DEVICES=0";

std::string CardText(const DriverFacts& driver) {
  if (driver.cards.empty()) return "no Ascend card on the PCI bus";
  return fmt::format("Ascend cards on the PCI bus: {}", fmt::join(driver.cards, ", "));
}

// The last line of what npu-smi says, where it failed.
std::string NpuSmiComplaint(const Examination& e) {
  if (!e.npu_smi_text) return "npu-smi is not there";
  const auto lines = Parts(*e.npu_smi_text, '\n');
  if (!e.npu_smi.error || lines.empty()) return "npu-smi is there";
  return fmt::format("npu-smi says \"{}\"", Printable(lines.back()));
}

BlockingReason DriverMissing(const Examination& e) {
  const char* cause = e.driver.container ? "no Ascend driver on this host, or this container was not given its devices"
                                         : "the Ascend driver is not installed on this machine";
  return {"npu.driver.missing",
          fmt::format("no /dev/davinci*, no {}/version.info, no kernel module of the driver, no npu-smi; {}",
                      e.driver.directory, CardText(e.driver)),
          cause,
          "install the Ascend driver and firmware and reboot; in a container pass /dev/davinci*, /dev/davinci_manager, "
          "/dev/devmm_svm and /dev/hisi_hdc, and mount /usr/local/Ascend/driver"};
}

BlockingReason ModulesMissing(const Examination& e) {
  return {
      "npu.driver.modules",
      fmt::format("driver {} in {}, but no /dev/davinci* and no module drv_* in /proc/modules; {}; {}",
                  DriverVersion(e).value_or("of unknown version"), e.driver.directory, NpuSmiComplaint(e),
                  CardText(e.driver)),
      "the driver's kernel modules are not loaded: not rebooted since the installation, a kernel that they were not "
      "built for, or only a part of the driver was installed",
      fmt::format("{}reboot; if lsmod | grep drv_ then shows nothing, install the driver again for kernel "
                  "$(uname -r), and read dmesg | grep -i drv",
                  e.driver.container ? "on the host: " : "")};
}

BlockingReason NoDevices(const Examination& e) {
  return {
      "npu.device.none",
      fmt::format("{} kernel modules of the driver are loaded ({}, ...), but there is no /dev/davinci*; {}; {}",
                  e.driver.modules.size(), e.driver.modules[0], NpuSmiComplaint(e), CardText(e.driver)),
      "the driver has found no NPU: none is fitted, it did not start, or it was given to a virtual machine",
      "look for it with lspci -d 19e5: and read dmesg | grep -i davinci; power the machine off and on if the card is "
      "listed"};
}

BlockingReason DevicesNotPassed(const Examination& e) {
  return {"npu.container.devices",
          fmt::format("a container without /dev/davinci*; {}{}",
                      e.driver.modules.empty() ? "" : "the host has the driver's kernel modules loaded; ",
                      NpuSmiComplaint(e)),
          "the container was started without the host's NPUs", kPassDevices};
}

BlockingReason NodesMissing(const Examination& e) {
  return {
      "npu.container.devices",
      fmt::format("{} there, but not {}", fmt::join(e.driver.devices, ", "), fmt::join(e.driver.missing_nodes, ", ")),
      e.driver.container ? "the container was given the NPUs without the nodes that every process needs beside them"
                         : "a container that was not given them, or a driver that has started only in part",
      fmt::format("{}; on a host without containers: reboot", kPassDevices)};
}

BlockingReason DriverNotMounted(const Examination& e) {
  return {"npu.container.devices",
          fmt::format("{} there, but no libascend_hal.so in {}/lib64", fmt::join(e.driver.devices, ", "),
                      e.driver.directory),
          "the container was given the NPUs without the driver's libraries",
          fmt::format("start the container with -v {0}:{0} -v /usr/local/dcmi:/usr/local/dcmi "
                      "-v /usr/local/bin/npu-smi:/usr/local/bin/npu-smi "
                      "-v /etc/ascend_install.info:/etc/ascend_install.info",
                      e.driver.directory)};
}

bool MayUse(const Machine& machine, const std::string& node) {
  return ::faccessat(AT_FDCWD, (machine.root + node).c_str(), R_OK | W_OK, AT_EACCESS) == 0;
}

// The nodes that this process needs and may not open. One chip that it may use is enough.
std::vector<std::string> ForbiddenNodes(const Examination& e) {
  std::vector<std::string> forbidden;
  for (const std::string& node : e.driver.devices) {
    if (!MayUse(e.machine, node)) forbidden.push_back(node);
  }
  if (forbidden.size() < e.driver.devices.size()) forbidden.clear();
  for (const char* node : kCommonNodes) {
    if (PathExists(e.machine, node) && !MayUse(e.machine, node)) forbidden.emplace_back(node);
  }
  return forbidden;
}

// A line "name:x:id:members" of /etc/group: the name, and whether the user that the variable USER names is in it.
struct Group {
  std::string name;
  bool has_user = false;
};

std::optional<Group> FindGroup(const Machine& machine, int64_t id) {
  const std::string user = Variable(machine, "USER").value_or("");
  for (const std::string& line : Parts(MachineFile(machine, "/etc/group"), '\n')) {
    const size_t password = line.find(':'), number = line.find(':', password + 1), members = line.rfind(':');
    if (password == std::string::npos || number == std::string::npos || members <= number) continue;
    if (ParseNumber(line.substr(number + 1, members - number - 1)) != id) continue;
    const auto names = Parts(line.substr(members + 1), ',');
    return Group{line.substr(0, password), std::find(names.begin(), names.end(), user) != names.end()};
  }
  return std::nullopt;
}

std::string JoinAdvice(const Examination& e, const struct stat& info, const std::vector<std::string>& nodes) {
  const auto group = FindGroup(e.machine, info.st_gid);
  const bool group_may = (info.st_mode & 060) == 060 && info.st_gid != 0;
  if (!group_may) {
    return fmt::format("sudo chgrp {0} {1} && sudo chmod 660 {1} && sudo usermod -aG {0} $USER, then log in again",
                       e.driver.group, fmt::join(nodes, " "));
  }
  if (group && group->has_user)
    return fmt::format("log in again: $USER is in the group {} since this session began", group->name);
  if (!group && e.driver.container)
    return fmt::format("start the container with --group-add {}, the group of the nodes on the host", info.st_gid);
  return fmt::format("sudo usermod -aG {} $USER, then log in again", group ? group->name : e.driver.group);
}

BlockingReason Forbidden(const Examination& e, const std::vector<std::string>& nodes) {
  struct stat info {};
  if (::stat((e.machine.root + nodes[0]).c_str(), &info) != 0) info = {};
  const auto group = FindGroup(e.machine, info.st_gid);
  return {"npu.device.permission",
          fmt::format("{} may not be read and written by user id {} ({} has mode {:o} and group {})",
                      fmt::join(nodes, ", "), ::geteuid(), nodes[0], info.st_mode & 0777U,
                      group ? group->name : std::to_string(info.st_gid)),
          fmt::format("the user is not in the group that may use NPUs ({})",
                      group && info.st_gid != 0 ? group->name : e.driver.group),
          JoinAdvice(e, info, nodes)};
}

BlockingReason NoNodes(const Examination& e) {
  const bool loaded = !e.driver.modules.empty();
  if (loaded) return e.driver.container ? DevicesNotPassed(e) : NoDevices(e);
  const bool trace = DriverVersion(e) || e.npu_smi_text || (e.probe && e.probe->soc_name);
  if (trace && e.driver.container && !e.driver.modules_listed) return DevicesNotPassed(e);
  return trace ? ModulesMissing(e) : DriverMissing(e);
}

}  // namespace

std::optional<BlockingReason> DriverReason(const Examination& e) {
  const DriverFacts& driver = e.driver;
  const bool answers = DeviceAnswered(e) || !e.npu_smi.chips.empty();  // wherever its nodes are
  if (driver.devices.empty()) return answers ? std::nullopt : std::optional(NoNodes(e));
  if (!driver.missing_nodes.empty()) return NodesMissing(e);
  if (const auto forbidden = ForbiddenNodes(e); !forbidden.empty()) return Forbidden(e, forbidden);
  const bool mounted = driver.version || !driver.hal_directories.empty() || LibraryLoaded(e) ||
                       LoaderFinds(e.machine, "libascend_hal.so");
  if (driver.container && !mounted) return DriverNotMounted(e);
  return std::nullopt;
}

}  // namespace convnext
