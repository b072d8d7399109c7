// The kinds of devices, and the facts that a device of any kind gives about itself.
#pragma once

#include <cstdint>

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

}  // namespace convnext
