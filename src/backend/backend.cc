#include "backend/backend.h"

#include <algorithm>
#include <charconv>

namespace convnext {
namespace {

constexpr int kMaxNpus = 64;

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

// The indices of "npu", "npu:K" or "npu:K,npu:L", none for "npu:all"; nothing if `device` is none of them.
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

template <class T>
bool IsOfSize(std::span<T> values, int64_t count) {
  return values.size() == static_cast<size_t>(count);
}

}  // namespace

Result<RunReport> Session::Run(const ImageBatch& images, const Outputs& outputs, const RunOptions& options) {
  const ConvNeXtConfig& config = program().config();
  if (!kImageSizes.Contains(images.H) || !kImageSizes.Contains(images.W))
    return Invalid("a picture of {}x{}; the model reads {} to {} pixels a side", images.H, images.W, kMinImageSize,
                   kMaxImageSize);
  const int64_t values = images.N * images.H * images.W * 3, channels = config.dims[3];
  const int64_t cells = (images.H / kMinImageSize) * (images.W / kMinImageSize);
  const bool input =
      IsOfSize(images.data, values) ? images.pixels.empty() : images.data.empty() && IsOfSize(images.pixels, values);
  if (images.N < 1 || !input || !IsOfSize(outputs.embeddings, images.N * config.embedding_dim()) ||
      (!outputs.pooled.empty() && !IsOfSize(outputs.pooled, images.N * channels)) ||
      (!outputs.feature_map.empty() && !IsOfSize(outputs.feature_map, images.N * cells * channels))) {
    return Internal("{} pictures of {}x{}: {} values and {} pixel values in, {} out", images.N, images.H, images.W,
                    images.data.size(), images.pixels.size(), outputs.embeddings.size());
  }
  if (options.stop.stop_requested()) return Cancelled("stopped before the pass began");
  return RunChecked(images, outputs, options);
}

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
  if (npus) return MakeNpuBackend(*npus, options);
  if (!options.om_path.empty())
    return Invalid("--om_path is a compiled model for an NPU; the device is {}", options.device);
  return MakeCpuBackend(options);
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
