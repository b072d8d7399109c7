#include "backend/backend.h"

#include <charconv>

namespace convnext {
namespace {

constexpr int kMaxThreads = 1024;
constexpr int kMaxNpus = 64;

Status CheckDtype(const BackendOptions& options) {
  if (options.dtype == "float32" || options.dtype == "fp32") return {};
  for (const char* known : {"float16", "fp16", "bfloat16", "bf16"}) {
    if (options.dtype == known) {
      return Invalid("--dtype {} is not supported on this device yet ({}); use float32", options.dtype, options.device);
    }
  }
  return Invalid("unknown dtype \"{}\"; expected float32", Printable(options.dtype));
}

// The K of "npu:K", 0 for "npu", nothing if `device` is neither.
std::optional<int> NpuIndex(std::string_view device) {
  if (device == "npu") return 0;
  if (device.substr(0, 4) != "npu:") return std::nullopt;
  const std::string_view digits = device.substr(4);
  int index = -1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
  if (error != std::errc() || end != digits.data() + digits.size() || index < 0 || index >= kMaxNpus)
    return std::nullopt;
  return index;
}

}  // namespace

Result<std::unique_ptr<Backend>> MakeBackend(const BackendOptions& options) {
  const auto npu = NpuIndex(options.device);
  if (!npu && options.device != "cpu" && options.device != "cpu-reference") {
    return Invalid("unknown device \"{}\"; expected cpu, cpu-reference, npu or npu:K (K = 0 to {})",
                   Printable(options.device), kMaxNpus - 1);
  }
  if (Status status = CheckDtype(options); !status.ok()) return status;
  if (options.threads < 0 || options.threads > kMaxThreads) {
    return Invalid("{} threads; expected 1 to {}, or 0 for the cores this process may use", options.threads,
                   kMaxThreads);
  }
  if (npu) return MakeNpuBackend(*npu);
  return MakeCpuBackend(options);
}

}  // namespace convnext
