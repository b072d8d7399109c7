// The driver, the device nodes and who may use them.
#include <fcntl.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "convnext/ascend/host/doctor_parts.h"
#include "convnext/ascend/host/paths.h"

namespace convnext {
namespace {

constexpr Phrase kPassDevices = {
    "start the container with --device=/dev/davinci0 (one for each NPU) --device=/dev/davinci_manager "
    "--device=/dev/devmm_svm --device=/dev/hisi_hdc -v /usr/local/Ascend/driver:/usr/local/Ascend/driver, or with "
    "--runtime=ascend -e ASCEND_VISIBLE_DEVICES=0",
    "启动容器时加上 --device=/dev/davinci0（每个 NPU 一项） --device=/dev/davinci_manager --device=/dev/devmm_svm "
    "--device=/dev/hisi_hdc -v /usr/local/Ascend/driver:/usr/local/Ascend/driver，或使用 --runtime=ascend "
    "-e ASCEND_VISIBLE_DEVICES=0"};

Bilingual CardText(const DriverFacts& driver) {
  if (driver.cards.empty()) return Say({"no Ascend card on the PCI bus", "PCI 总线上没有昇腾卡"});
  return Say({"Ascend cards on the PCI bus: {}", "PCI 总线上的昇腾卡：{}"}, Listed(driver.cards));
}

// The last line of what npu-smi says, where it failed.
Bilingual NpuSmiComplaint(const Examination& e) {
  if (!e.npu_smi_text) return Say({"npu-smi is not there", "没有 npu-smi"});
  const auto lines = Parts(*e.npu_smi_text, '\n');
  if (!e.npu_smi.error || lines.empty()) return Say({"npu-smi is there", "有 npu-smi"});
  return Say({"npu-smi says \"{}\"", "npu-smi 报“{}”"}, Printable(lines.back()));
}

BlockingReason DriverMissing(const Examination& e) {
  return MakeReason(
      "npu.driver.missing",
      Say({"no /dev/davinci*, no {}/version.info, no kernel module of the driver, no npu-smi; {}",
           "没有 /dev/davinci*、{}/version.info、驱动的内核模块和 npu-smi；{}"},
          e.driver.directory, CardText(e.driver)),
      e.driver.container ? Say({"no Ascend driver on this host, or this container was not given its devices",
                                "主机没有安装昇腾驱动，或容器没有映射设备"})
                         : Say({"the Ascend driver is not installed on this machine", "本机没有安装昇腾驱动"}),
      Say({"install the Ascend driver and firmware and reboot; in a container pass /dev/davinci*, "
           "/dev/davinci_manager, "
           "/dev/devmm_svm and /dev/hisi_hdc, and mount /usr/local/Ascend/driver",
           "安装昇腾驱动和固件后重启；在容器中需映射 /dev/davinci*、/dev/davinci_manager、/dev/devmm_svm 和 "
           "/dev/hisi_hdc，并挂载 /usr/local/Ascend/driver"}));
}

BlockingReason ModulesMissing(const Examination& e) {
  const auto version = DriverVersion(e);
  return MakeReason("npu.driver.modules",
                    Say({"driver {} in {}, but no /dev/davinci* and no module drv_* in /proc/modules; {}; {}",
                         "驱动 {} 位于 {}，但没有 /dev/davinci*，/proc/modules 中也没有 drv_* 模块；{}；{}"},
                        version ? Same(*version) : Say({"of unknown version", "（版本未知）"}), e.driver.directory,
                        NpuSmiComplaint(e), CardText(e.driver)),
                    Say({"the driver's kernel modules are not loaded: not rebooted since the installation, a kernel "
                         "that they were not "
                         "built for, or only a part of the driver was installed",
                         "驱动的内核模块没有加载：安装后没有重启、内核与其编译时不一致，或驱动安装不完整"}),
                    Say({"{}reboot; if lsmod | grep drv_ then shows nothing, install the driver again for kernel "
                         "$(uname -r), and read "
                         "dmesg | grep -i drv",
                         "{}重启；如果之后 lsmod | grep drv_ 仍无输出，请针对内核 $(uname -r) 重新安装驱动，并查看 "
                         "dmesg | grep -i drv"},
                        e.driver.container ? Say({"on the host: ", "在主机上"}) : Same("")));
}

BlockingReason NoDevices(const Examination& e) {
  return MakeReason(
      "npu.device.none",
      Say({"{} kernel modules of the driver are loaded ({}, ...), but there is no /dev/davinci*; {}; {}",
           "已加载驱动的 {} 个内核模块（{} 等），但没有 /dev/davinci*；{}；{}"},
          e.driver.modules.size(), e.driver.modules[0], NpuSmiComplaint(e), CardText(e.driver)),
      Say({"the driver has found no NPU: none is fitted, it did not start, or it was given to a virtual machine",
           "驱动没有找到 NPU：没有插卡、卡未启动，或已直通给虚拟机"}),
      Say({"look for it with lspci -d 19e5: and read dmesg | grep -i davinci; power the machine off and on if the card "
           "is "
           "listed",
           "用 lspci -d 19e5: 查找，并查看 dmesg | grep -i davinci；如果列出了该卡，请断电后重新上电"}));
}

BlockingReason DevicesNotPassed(const Examination& e) {
  const Bilingual loaded =
      e.driver.modules.empty()
          ? Same("")
          : Say({"the host has the driver's kernel modules loaded; ", "主机已加载驱动的内核模块；"});
  return MakeReason(
      "npu.container.devices",
      Say({"a container without /dev/davinci*; {}{}", "容器中没有 /dev/davinci*；{}{}"}, loaded, NpuSmiComplaint(e)),
      Say({"the container was started without the host's NPUs", "启动容器时没有映射主机的 NPU"}), Say(kPassDevices));
}

BlockingReason NodesMissing(const Examination& e) {
  return MakeReason(
      "npu.container.devices",
      Say({"{} there, but not {}", "有 {}，但没有 {}"}, Listed(e.driver.devices), Listed(e.driver.missing_nodes)),
      e.driver.container
          ? Say({"the container was given the NPUs without the nodes that every process needs beside them",
                 "容器映射了 NPU，但没有映射各进程都需要的其他设备节点"})
          : Say({"a container that was not given them, or a driver that has started only in part",
                 "容器没有映射这些节点，或驱动只启动了一部分"}),
      Say({"{}; on a host without containers: reboot", "{}；如果不在容器中，请重启主机"}, Say(kPassDevices)));
}

BlockingReason DriverNotMounted(const Examination& e) {
  return MakeReason(
      "npu.container.devices",
      Say({"{} there, but no libascend_hal.so in {}/lib64", "有 {}，但 {}/lib64 中没有 libascend_hal.so"},
          Listed(e.driver.devices), e.driver.directory),
      Say({"the container was given the NPUs without the driver's libraries", "容器映射了 NPU，但没有挂载驱动的库"}),
      Say({"start the container with -v {0}:{0} -v /usr/local/dcmi:/usr/local/dcmi "
           "-v /usr/local/bin/npu-smi:/usr/local/bin/npu-smi "
           "-v /etc/ascend_install.info:/etc/ascend_install.info",
           "启动容器时加上 -v {0}:{0} -v /usr/local/dcmi:/usr/local/dcmi "
           "-v /usr/local/bin/npu-smi:/usr/local/bin/npu-smi "
           "-v /etc/ascend_install.info:/etc/ascend_install.info"},
          e.driver.directory));
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

Bilingual JoinAdvice(const Examination& e, const struct stat& info, const std::vector<std::string>& nodes) {
  const auto group = FindGroup(e.machine, info.st_gid);
  const bool group_may = (info.st_mode & 060) == 060 && info.st_gid != 0;
  if (!group_may) {
    return Say({"sudo chgrp {0} {1} && sudo chmod 660 {1} && sudo usermod -aG {0} $USER, then log in again",
                "sudo chgrp {0} {1} && sudo chmod 660 {1} && sudo usermod -aG {0} $USER，然后重新登录"},
               e.driver.group, fmt::join(nodes, " "));
  }
  if (group && group->has_user) {
    return Say({"log in again: $USER is in the group {} since this session began",
                "重新登录：$USER 是在本次会话开始之后才加入 {} 组的"},
               group->name);
  }
  if (!group && e.driver.container) {
    return Say({"start the container with --group-add {}, the group of the nodes on the host",
                "启动容器时加上 --group-add {}，即设备节点在主机上的属组"},
               info.st_gid);
  }
  return Say({"sudo usermod -aG {} $USER, then log in again", "sudo usermod -aG {} $USER，然后重新登录"},
             group ? group->name : e.driver.group);
}

BlockingReason Forbidden(const Examination& e, const std::vector<std::string>& nodes) {
  struct stat info {};
  if (::stat((e.machine.root + nodes[0]).c_str(), &info) != 0) info = {};
  const auto group = FindGroup(e.machine, info.st_gid);
  return MakeReason("npu.device.permission",
                    Say({"{} may not be read and written by user id {} ({} has mode {:o} and group {})",
                         "{} 不允许用户（uid {}）读写（{} 的权限为 {:o}，属组为 {}）"},
                        Listed(nodes), ::geteuid(), nodes[0], info.st_mode & 0777U,
                        group ? group->name : std::to_string(info.st_gid)),
                    Say({"the user is not in the group that may use NPUs ({})", "用户不在可以使用 NPU 的组（{}）中"},
                        group && info.st_gid != 0 ? group->name : e.driver.group),
                    JoinAdvice(e, info, nodes));
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
