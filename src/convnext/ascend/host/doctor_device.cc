// The devices: which of them this process sees, and how they are.
#include <algorithm>

#include "convnext/ascend/host/doctor_parts.h"
#include "convnext/ascend/host/paths.h"

namespace convnext {
namespace {

// For one copy of the base model's weights (352 MB), work memory, buffers and what the driver takes for a process.
// Before CANN 8.5 each further batch size needs the weights again.
constexpr int64_t kEnoughMb = 1024;
constexpr size_t kMostProcesses = 5;
constexpr int64_t kOccupied = 8020;  // of DCMI: docs/ascend-facts.md, "Host: npu-smi"
constexpr const char* kVisible = "ASCEND_RT_VISIBLE_DEVICES";

// Devices have numbers below this; 0 if that is not known.
int64_t DeviceLimit(const Examination& e) {
  const DriverFacts& driver = e.driver;
  if (driver.devices.empty()) return static_cast<int64_t>(e.npu_smi.chips.size());
  return std::max(static_cast<int64_t>(driver.devices.size()), driver.device_numbers.back() + 1);
}

// Says why one number of the list is wrong; nothing if it is not.
std::optional<Bilingual> FindEntryFault(const std::string& item, const std::vector<std::string>& before,
                                        int64_t limit) {
  if (item.find_first_of(" \t") != std::string::npos)
    return Say({"a space: what follows it is not read", "空格：其后的内容不会被读取"});
  if (item.empty()) return Say({"an empty item", "空项"});
  const auto number = ParseNumber(item);
  if (!number) return Say({"\"{}\", which is no number", "“{}”：不是数字"}, Printable(item));
  if (std::find(before.begin(), before.end(), item) != before.end()) return Say({"{} twice", "{}：重复"}, item);
  if (limit > 0 && *number >= limit)
    return Say({"{}, but the devices here are 0 to {}", "{}：但本机的设备编号为 0 到 {}"}, *number, limit - 1);
  return std::nullopt;
}

// Says why the list is wrong; nothing if it is not.
std::optional<Bilingual> FindListFault(std::string_view list, int64_t limit) {
  std::vector<std::string> before;
  for (bool more = true; more;) {
    const size_t comma = list.find(',');
    more = comma != std::string_view::npos;
    const std::string item(list.substr(0, comma));
    if (auto wrong = FindEntryFault(item, before, limit)) return wrong;
    before.push_back(item);
    if (more) list.remove_prefix(comma + 1);
  }
  return std::nullopt;
}

std::optional<BlockingReason> VisibleReason(const Examination& e) {
  constexpr size_t kMostBytes = 1000;
  const auto list = Variable(e.machine, kVisible);
  if (!list) return std::nullopt;
  const auto wrong = FindListFault(std::string_view(*list).substr(0, kMostBytes), DeviceLimit(e));
  if (!wrong) return std::nullopt;
  return MakeReason(
      "npu.visible_devices", Say({"{}=\"{}\" has {}", "{}=\"{}\" 有误，{}"}, kVisible, Printable(*list), *wrong),
      Say({"the list of visible devices hides those that could be used", "可见设备列表有误，可用的设备因此不可见"}),
      Say({"unset {0}, or list devices with commas and no spaces: export {0}={1}",
           "unset {0}，或用逗号（不加空格）列出设备：export {0}={1}"},
          kVisible, e.driver.device_numbers.empty() ? 0 : e.driver.device_numbers[0]));
}

std::optional<BlockingReason> OccupiedReason(const Examination& e) {
  if (e.npu_smi.error != kOccupied) return std::nullopt;
  return MakeReason("npu.device.occupied",
                    Say({"npu-smi info ends with \"ret is -{}\"", "npu-smi info 以 \"ret is -{}\" 结束"}, kOccupied),
                    Say({"another container, or a process outside this one, holds the devices, which are not shared",
                         "设备被另一个容器或容器外的进程独占"}),
                    Say({"on the host find it with cat /proc/uda/namespace_node and docker ps and stop it, or choose "
                         "other devices, or "
                         "start both containers with --privileged",
                         "在主机上用 cat /proc/uda/namespace_node 和 docker ps "
                         "找到并停掉它；或换用其他设备；或两个容器都加 --privileged"}));
}

std::string ChipName(const NpuSmiChip& chip) {
  return fmt::format("NPU {} chip {} ({})", chip.npu, chip.chip, Printable(chip.name));
}

// All of them are ill, or one is and the device did not do what it was told.
std::optional<BlockingReason> UnhealthyReason(const Examination& e) {
  std::vector<std::string> ill;
  for (const NpuSmiChip& chip : e.npu_smi.chips) {
    if (IsUnhealthy(chip)) ill.push_back(fmt::format("{}: {}", ChipName(chip), Printable(chip.health)));
  }
  const bool failed = LibraryLoaded(e) && !e.probe->failures.empty();
  if (ill.empty() || (ill.size() < e.npu_smi.chips.size() && !failed)) return std::nullopt;
  return MakeReason(
      "npu.device.unhealthy", Say({"npu-smi: health of {}", "npu-smi 显示的健康状态：{}"}, Listed(ill)),
      Say({"a fault of the hardware or its firmware, or a task that hangs on it", "硬件或固件故障，或有任务挂死"}),
      Say({"read npu-smi info -t health -i NPU; stop what runs on it, then npu-smi set -t reset -i NPU -c CHIP, or "
           "power "
           "the machine off and on; have the card replaced if it comes again",
           "查看 npu-smi info -t health -i NPU；结束其上的任务后执行 npu-smi set -t reset -i NPU -c "
           "CHIP，或断电后重新上电；"
           "如果再次出现，请更换板卡"}));
}

// "MB of memory, pid and name", the largest first.
Bilingual ProcessText(std::vector<NpuSmiProcess> processes) {
  if (processes.empty()) return Say({"no processes are listed", "没有列出进程"});
  std::stable_sort(processes.begin(), processes.end(), [](const NpuSmiProcess& a, const NpuSmiProcess& b) {
    return a.memory_mb.value_or(0) > b.memory_mb.value_or(0);
  });
  std::vector<std::string> texts;
  for (size_t i = 0; i < std::min(processes.size(), kMostProcesses); ++i) {
    const NpuSmiProcess& process = processes[i];
    texts.push_back(fmt::format("{} (pid {}) on NPU {}: {} MB", Printable(process.name), process.pid, process.npu,
                                process.memory_mb.value_or(0)));
  }
  Bilingual listed = Listed(texts);
  if (processes.size() <= kMostProcesses) return listed;
  return Say({"{}, and {} more", "{}，另有 {} 个"}, listed, processes.size() - kMostProcesses);
}

bool IsFull(const NpuSmiChip& chip) {
  return chip.used_mb && chip.total_mb && *chip.total_mb - *chip.used_mb < kEnoughMb;
}

std::optional<BlockingReason> MemoryReason(const Examination& e) {
  const auto& chips = e.npu_smi.chips;
  if (chips.empty() || !std::all_of(chips.begin(), chips.end(), IsFull)) return std::nullopt;
  const NpuSmiChip& chip = chips[0];
  return MakeReason("npu.device.memory",
                    Say({"less than {} MB free on every NPU ({}: {} of {} MB used); {}",
                         "每个 NPU 的空闲内存都不足 {} MB（{}：已用 {} MB，共 {} MB）；{}"},
                        kEnoughMb, ChipName(chip), *chip.used_mb, *chip.total_mb, ProcessText(e.npu_smi.processes)),
                    Say({"other processes hold the memory of the devices", "设备内存被其他进程占用"}),
                    Say({"wait for them, or stop one of them, or use another machine",
                         "等待其结束、结束其中的进程，或换用其他机器"}));
}

}  // namespace

std::vector<BlockingReason> DeviceReasons(const Examination& e) {
  std::vector<BlockingReason> reasons;
  for (const auto& reason : {VisibleReason(e), OccupiedReason(e), UnhealthyReason(e), MemoryReason(e)}) {
    if (reason) reasons.push_back(*reason);
  }
  return reasons;
}

}  // namespace convnext
