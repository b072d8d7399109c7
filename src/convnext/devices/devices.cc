#include "convnext/devices/devices.h"

#include "convnext/ascend/run/run.h"

namespace convnext {

Result<std::unique_ptr<Backend>> MakeBackend(const BackendOptions& options) {
  const auto npus = NpuIndices(options.device);
  if (!FindDeviceKind(options.device)) {
    return Invalid(
        "unknown device \"{}\"; expected cpu, cpu-reference, npu, npu:K (K = 0 to {}), npu:K,npu:L or npu:all",
        Printable(options.device), kMaxNpus - 1);
  }
  if (options.threads != 0) {
    const Status status = CheckBounds<int64_t>("threads", options.threads, kThreadCounts);
    if (!status.ok()) return Invalid("{}, or 0 for the cores this process may use", status.message());
  }
  if (npus && !options.weights_cache.empty())
    return Invalid("--weights_cache has processes on a CPU share weights; the device is {}", options.device);
  if (npus) return MakeNpuBackend(*npus, options);
  if (!options.om_path.empty())
    return Invalid("--om_path is a compiled model for an NPU; the device is {}", options.device);
  if (options.device_preprocess)
    return Invalid("--device_preprocess has an NPU normalise the pictures; the device is {}", options.device);
  return MakeCpuBackend(options);
}

}  // namespace convnext
