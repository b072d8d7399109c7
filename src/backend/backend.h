// The devices a model can run on. The seam is the whole model: a backend loads it and gives a session, a session turns
// images into embeddings; what is fused or compiled inside does not show. A device that is not there is a backend too:
// its Load says why not.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/base.h"
#include "model/model.h"

namespace convnext {

// Facts about the device that a model runs on, as records hold them (eval/records.h).
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

struct DeviceMemoryUse {
  DeviceMemory before;  // the model was loaded
  DeviceMemory now;
};

// Normalised pictures, float32 [N, H, W, 3].
struct ImageBatch {
  std::span<const float> data;
  int64_t N = 0, H = 0, W = 0;
};

class Session {
 public:
  virtual ~Session() = default;
  // embeddings: [N, embedding_dim]. `tap`, if it is not empty, sees the activations after each stage in float32.
  // kInvalid where a device cannot show them.
  virtual Status Run(const ImageBatch& images, std::span<float> embeddings, const Tap<float>& tap) = 0;
  virtual DeviceFacts Describe() const = 0;
  // The device's times of the last run, and its memory now; nullopt where the device is the host.
  virtual std::optional<DeviceTimes> Times() const { return std::nullopt; }
  virtual std::optional<DeviceMemoryUse> Memory() { return std::nullopt; }
  // Where the time of the last run went; nullopt where the device does not tell.
  virtual std::optional<ForwardProfile> Profile() const { return std::nullopt; }
  // Multiplications and additions a second that the device's threads can do at most, measured now (0.2 s).
  virtual std::optional<double> MeasurePeak() { return std::nullopt; }
  // Whether N pictures are one run of the model, not several or one with a batch that is filled up.
  virtual bool IsOneRun(int64_t) const { return true; }
  // The seconds of Load that went into compiling, or finding what is compiled already.
  virtual double CompileSeconds() const { return 0; }
};

// A session will be asked for these. A device that compiles its models makes them ready for it.
struct LoadOptions {
  ImageSize image_size = {256, 256};  // of the pictures
  std::vector<int64_t> batch_sizes = {1};
  std::function<void(const std::string& step)> progress = {};  // of long work; may be empty
};

class Backend {
 public:
  virtual ~Backend() = default;
  // `model` is read only during the call. kUnavailable, with the reasons, if the device cannot be used.
  virtual Result<std::unique_ptr<Session>> Load(const ModelFile& model, const LoadOptions& options) const = 0;
};

struct BackendOptions {
  std::string device = "cpu";
  Precision dtype = Precision::kFloat32;
  int threads = 0;               // in kThreadCounts; 0: AvailableCores()
  std::string simd_target = {};  // empty: the best one
  std::string om_path = {};      // NPU: a compiled model; empty: compile, or take it from the cache
};

// kInvalid for a device or dtype that does not exist.
Result<std::unique_ptr<Backend>> MakeBackend(const BackendOptions& options);

// The SIMD targets that this program has and this CPU can run, the best first, "SCALAR" last: those with products of
// one precision, or all.
std::vector<std::string> SimdTargets(std::optional<Precision> products = std::nullopt);

// The kind of `device`; nothing for one that MakeBackend does not know.
std::optional<DeviceKind> FindDeviceKind(std::string_view device);
// Whether `device` is one that MakeBackend would take for NPUs.
bool IsNpu(std::string_view device);
// Whether what was `asked` for ("npu", "npu:all") may be called `used` ("npu:0", "npu:0,npu:1") once it runs.
bool IsSameDevice(std::string_view asked, std::string_view used);

// MakeBackend chooses.
Result<std::unique_ptr<Backend>> MakeCpuBackend(const BackendOptions& options);
// devices: empty for all that are visible.
Result<std::unique_ptr<Backend>> MakeNpuBackend(std::vector<int> devices, const BackendOptions& options);

}  // namespace convnext
