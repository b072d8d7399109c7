#include "convnext/ascend/host/driver.h"

#include <algorithm>

#include "convnext/ascend/host/paths.h"

namespace convnext {
namespace {

std::string FirstWord(std::string_view text) { return std::string(text.substr(0, text.find_first_of(" \t\r\n"))); }

// /dev/davinci0, /dev/davinci1, ... by number; /dev/davinci_manager is none.
void FindDevices(const Machine& machine, DriverFacts& facts) {
  constexpr std::string_view kPrefix = "davinci";
  for (const std::string& name : NamesIn(machine, "/dev")) {
    if (!name.starts_with(kPrefix)) continue;
    if (const auto number = ParseNumber(std::string_view(name).substr(kPrefix.size())))
      facts.device_numbers.push_back(*number);
  }
  std::sort(facts.device_numbers.begin(), facts.device_numbers.end());
  facts.devices.reserve(facts.device_numbers.size());
  for (const int64_t number : facts.device_numbers) facts.devices.push_back(fmt::format("/dev/davinci{}", number));
  for (const char* node : kCommonNodes) {
    if (!PathExists(machine, node)) facts.missing_nodes.emplace_back(node);
  }
}

// The modules that "lsmod | grep -E 'drv_|ascend'" would show.
void FindModules(const Machine& machine, DriverFacts& facts) {
  const std::string list = MachineFile(machine, "/proc/modules");
  facts.modules_listed = !list.empty();
  for (const std::string& line : Parts(list, '\n')) {
    std::string name = FirstWord(line);
    if (name.starts_with("drv_") || name.find("ascend") != std::string::npos) facts.modules.push_back(std::move(name));
  }
}

// Huawei's other cards have the same vendor, so the device counts too.
bool IsAscendCard(const std::string& vendor, const std::string& device) {
  constexpr std::string_view kDevices[] = {"0xd100", "0xd105", "0xd500", "0xd501"};
  if (vendor != "0x19e5") return false;
  return (device.size() == 6 && device.starts_with("0xd80")) ||
         std::find(std::begin(kDevices), std::end(kDevices), device) != std::end(kDevices);
}

std::vector<std::string> FindAscendCards(const Machine& machine) {
  const std::string bus = "/sys/bus/pci/devices";
  std::vector<std::string> cards;
  for (const std::string& address : NamesIn(machine, bus)) {
    const std::string card = fmt::format("{}/{}", bus, address);
    if (IsAscendCard(FirstWord(MachineFile(machine, card + "/vendor")),
                     FirstWord(MachineFile(machine, card + "/device"))))
      cards.push_back(address);
  }
  return cards;
}

bool IsContainer(const Machine& machine) {
  if (PathExists(machine, "/.dockerenv") || PathExists(machine, "/run/.containerenv")) return true;
  if (Variable(machine, "KUBERNETES_SERVICE_HOST") || Variable(machine, "container")) return true;
  const std::string groups = MachineFile(machine, "/proc/1/cgroup");
  constexpr std::string_view kNames[] = {"docker", "kubepods", "containerd", "libpod", "lxc"};
  return std::any_of(std::begin(kNames), std::end(kNames),
                     [&groups](std::string_view name) { return groups.find(name) != std::string::npos; });
}

}  // namespace

std::vector<std::string> DriverLibraries(const std::string& directory) {
  return {directory + "/lib64", directory + "/lib64/common", directory + "/lib64/driver"};
}

DriverFacts InspectDriver(const Machine& machine) {
  DriverFacts facts;
  const std::string install = MachineFile(machine, "/etc/ascend_install.info");
  if (const auto place = FieldOf(install, "Driver_Install_Path_Param", '='); place && place->starts_with('/'))
    facts.directory = *place + "/driver";
  if (const auto group = FieldOf(install, "UserGroup", '='); group && !group->empty()) facts.group = *group;
  const std::string info = MachineFile(machine, facts.directory + "/version.info");
  facts.version = FieldOf(info, "Version", '=');
  facts.hal_version = FieldOf(info, "ascendhal_version", '=');
  for (const std::string& directory : DriverLibraries(facts.directory)) {
    if (PathExists(machine, directory + "/libascend_hal.so")) facts.hal_directories.push_back(directory);
  }
  FindDevices(machine, facts);
  FindModules(machine, facts);
  facts.cards = FindAscendCards(machine);
  facts.container = IsContainer(machine);
  return facts;
}

}  // namespace convnext
