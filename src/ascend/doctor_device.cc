// The devices: which of them this process sees, and how they are.
#include <fmt/ranges.h>

#include <algorithm>

#include "ascend/doctor_parts.h"
#include "ascend/paths.h"

namespace convnext {
namespace {

constexpr int64_t kEnoughMb = 1024;  // the base model with its buffers needs less
constexpr size_t kMostProcesses = 5;
constexpr int64_t kOccupied = 8020;  // of DCMI: docs/ascend-facts.md, "Host: npu-smi"
constexpr const char* kVisible = "ASCEND_RT_VISIBLE_DEVICES";

// Devices have numbers below this; 0 if that is not known.
int64_t DeviceLimit(const Examination& e) {
  const DriverFacts& driver = e.driver;
  if (driver.devices.empty()) return static_cast<int64_t>(e.npu_smi.chips.size());
  return std::max(static_cast<int64_t>(driver.devices.size()), driver.device_numbers.back() + 1);
}

// Says why one number of the list is wrong; empty if it is not.
std::string FindEntryFault(const std::string& item, const std::vector<std::string>& before, int64_t limit) {
  if (item.find_first_of(" \t") != std::string::npos) return "a space: what follows it is not read";
  const auto number = ParseNumber(item);
  if (!number) return item.empty() ? "an empty item" : fmt::format("\"{}\", which is no number", Printable(item));
  if (std::find(before.begin(), before.end(), item) != before.end()) return fmt::format("{} twice", item);
  if (limit > 0 && *number >= limit) return fmt::format("{}, but the devices here are 0 to {}", *number, limit - 1);
  return {};
}

// Says why the list is wrong; empty if it is not.
std::string FindListFault(std::string_view list, int64_t limit) {
  std::vector<std::string> before;
  for (bool more = true; more;) {
    const size_t comma = list.find(',');
    more = comma != std::string_view::npos;
    const std::string item(list.substr(0, comma));
    if (std::string wrong = FindEntryFault(item, before, limit); !wrong.empty()) return wrong;
    before.push_back(item);
    if (more) list.remove_prefix(comma + 1);
  }
  return {};
}

std::optional<BlockingReason> VisibleReason(const Examination& e) {
  constexpr size_t kMostBytes = 1000;
  const auto list = Variable(e.machine, kVisible);
  if (!list) return std::nullopt;
  const std::string wrong = FindListFault(std::string_view(*list).substr(0, kMostBytes), DeviceLimit(e));
  if (wrong.empty()) return std::nullopt;
  return BlockingReason{"npu.visible_devices", fmt::format("{}=\"{}\" has {}", kVisible, Printable(*list), wrong),
                        "the list of visible devices hides those that could be used",
                        fmt::format("unset {0}, or list devices with commas and no spaces: export {0}={1}", kVisible,
                                    e.driver.device_numbers.empty() ? 0 : e.driver.device_numbers[0])};
}

std::optional<BlockingReason> OccupiedReason(const Examination& e) {
  if (e.npu_smi.error != kOccupied) return std::nullopt;
  return BlockingReason{
      "npu.device.occupied", fmt::format("npu-smi info ends with \"ret is -{}\"", kOccupied),
      "another container, or a process outside this one, holds the devices, which are not shared",
      "on the host find it with cat /proc/uda/namespace_node and docker ps and stop it, or choose other "
      "devices, or start both containers with --privileged"};
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
  return BlockingReason{"npu.device.unhealthy", fmt::format("npu-smi: health of {}", fmt::join(ill, ", ")),
                        "a fault of the hardware or its firmware, or a task that hangs on it",
                        "read npu-smi info -t health -i NPU; stop what runs on it, then npu-smi set -t reset -i NPU -c "
                        "CHIP, or power the machine off and on; have the card replaced if it comes again"};
}

// "MB of memory, pid and name", the largest first.
std::string ProcessText(std::vector<NpuSmiProcess> processes) {
  if (processes.empty()) return "no processes are listed";
  std::stable_sort(processes.begin(), processes.end(), [](const NpuSmiProcess& a, const NpuSmiProcess& b) {
    return a.memory_mb.value_or(0) > b.memory_mb.value_or(0);
  });
  std::vector<std::string> texts;
  for (size_t i = 0; i < std::min(processes.size(), kMostProcesses); ++i) {
    const NpuSmiProcess& process = processes[i];
    texts.push_back(fmt::format("{} (pid {}) on NPU {}: {} MB", Printable(process.name), process.pid, process.npu,
                                process.memory_mb.value_or(0)));
  }
  if (processes.size() > kMostProcesses) texts.push_back(fmt::format("and {} more", processes.size() - kMostProcesses));
  return fmt::format("{}", fmt::join(texts, ", "));
}

bool IsFull(const NpuSmiChip& chip) {
  return chip.used_mb && chip.total_mb && *chip.total_mb - *chip.used_mb < kEnoughMb;
}

std::optional<BlockingReason> MemoryReason(const Examination& e) {
  const auto& chips = e.npu_smi.chips;
  if (chips.empty() || !std::all_of(chips.begin(), chips.end(), IsFull)) return std::nullopt;
  const NpuSmiChip& chip = chips[0];
  return BlockingReason{"npu.device.memory",
                        fmt::format("less than {} MB free on every NPU ({}: {} of {} MB used); {}", kEnoughMb,
                                    ChipName(chip), *chip.used_mb, *chip.total_mb, ProcessText(e.npu_smi.processes)),
                        "other processes hold the memory of the devices",
                        "wait for them, or stop one of them, or use another machine"};
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
