// The kinds of devices, their names, and the facts that a device of any kind gives about itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace convnext {

enum class DeviceKind { kCpu, kCpuReference, kNpu };
inline constexpr DeviceKind kDeviceKinds[] = {DeviceKind::kCpu, DeviceKind::kCpuReference, DeviceKind::kNpu};

constexpr const char* Name(DeviceKind kind) {
  constexpr const char* kNames[] = {"cpu", "cpu-reference", "npu"};
  return kNames[static_cast<int>(kind)];
}

// Free and in all. A host has memory of this kind too.
struct DeviceMemory {
  int64_t free_bytes = 0, total_bytes = 0;
};

// The length of a run by the device's own clock.
struct DeviceTimes {
  double copy_in_seconds = 0;   // images, host to device
  double execute_seconds = 0;   // the model
  double copy_out_seconds = 0;  // embeddings, device to host
  double TotalSeconds() const { return copy_in_seconds + execute_seconds + copy_out_seconds; }
};

// Facts about the device that a model runs on, as records hold them.
struct DeviceFacts {
  std::string device;       // "cpu", "cpu-reference", "npu:0", "npu:0,npu:1"
  std::string dtype;        // the name of a Precision; a record from elsewhere may hold any text
  std::string simd_target;  // "AVX2", "SCALAR", ...; empty on an NPU
  int64_t threads = 0;      // 0 on an NPU
  int64_t npu_count = 0;    // visible
  std::optional<std::string> npu_name;
  std::optional<std::string> precision;  // how the dtype of an NPU is known
  std::optional<std::string> precision_chinese = {};
  bool operator==(const DeviceFacts&) const = default;
};

inline constexpr int kMaxNpus = 64;

// The indices of "npu", "npu:K" or "npu:K,npu:L", none for "npu:all"; nothing if `device` is none of them.
std::optional<std::vector<int>> NpuIndices(std::string_view device);
// The kind of `device`; nothing for one that no backend has.
std::optional<DeviceKind> FindDeviceKind(std::string_view device);
// Whether `device` names NPUs.
bool IsNpu(std::string_view device);
// Whether what was `asked` for ("npu", "npu:all") may be called `used` ("npu:0", "npu:0,npu:1") once it runs.
bool IsSameDevice(std::string_view asked, std::string_view used);

}  // namespace convnext
