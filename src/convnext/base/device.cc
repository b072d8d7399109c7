#include "convnext/base/device.h"

#include <algorithm>
#include <charconv>

namespace convnext {
namespace {

// The K of "npu:K"; nothing if it is not that.
std::optional<int> NpuIndex(std::string_view device) {
  if (!device.starts_with("npu:")) return std::nullopt;
  const std::string_view digits = device.substr(4);
  int index = -1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
  if (error != std::errc() || end != digits.data() + digits.size() || index < 0 || index >= kMaxNpus)
    return std::nullopt;
  return index;
}

}  // namespace

std::optional<std::vector<int>> NpuIndices(std::string_view device) {
  if (device == "npu") return std::vector<int>{0};
  if (device == "npu:all") return std::vector<int>{};
  std::vector<int> indices;
  while (true) {
    const std::string_view first = device.substr(0, device.find(','));
    const auto index = NpuIndex(first);
    if (!index || std::find(indices.begin(), indices.end(), *index) != indices.end()) return std::nullopt;
    indices.push_back(*index);
    if (first.size() == device.size()) return indices;
    device.remove_prefix(first.size() + 1);
  }
}

std::optional<DeviceKind> FindDeviceKind(std::string_view device) {
  for (const DeviceKind kind : {DeviceKind::kCpu, DeviceKind::kCpuReference}) {
    if (device == Name(kind)) return kind;
  }
  return IsNpu(device) ? std::optional(DeviceKind::kNpu) : std::nullopt;
}

bool IsNpu(std::string_view device) { return NpuIndices(device).has_value(); }

bool IsSameDevice(std::string_view asked, std::string_view used) {
  if (asked == used) return true;
  const auto indices = NpuIndices(asked), found = NpuIndices(used);
  return indices && found && !found->empty() && (indices->empty() || *indices == *found);
}

}  // namespace convnext
