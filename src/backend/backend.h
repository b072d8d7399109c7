// The devices a model can run on. The seam is the whole model: a backend loads it to a program, whose sessions turn
// images into embeddings; what is fused or compiled inside does not show. A device that is not there is a backend too:
// its Load says why not.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
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

// The arrays that a run writes, float32; one that is empty is not asked for. The logits of a classifier are its
// embeddings.
struct Outputs {
  std::span<float> embeddings;        // [N, embedding_dim]
  std::span<float> pooled = {};       // [N, C]: the pooled and normed feature map, which the head's layers read
  std::span<float> feature_map = {};  // [N, H/32, W/32, C] after the last stage
};

struct RunOptions {
  Tap<float> tap = {};  // sees the activations after each stage in float32; kInvalid where a device cannot show them
  std::stop_token stop = {};  // kCancelled soon after a request
};

struct RunReport {
  std::optional<DeviceTimes> device_times;  // by the device's own clock; nullopt where the device is the host
  std::optional<ForwardProfile> profile;    // where the time went; nullopt where the device does not tell
};

class Session;

// A model on a device: immutable, loaded once and shared. Thread-safe.
class Program {
 public:
  Program(ConvNeXtConfig config, DeviceFacts device) : config_(std::move(config)), device_(std::move(device)) {}
  virtual ~Program() = default;
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  const ConvNeXtConfig& config() const { return config_; }
  const DeviceFacts& device() const { return device_; }

  // A workspace or stream of one running pass, which keeps the program alive. Several share the weights.
  virtual Result<std::unique_ptr<Session>> NewSession() const = 0;
  // Of the device; nullopt where it is the host.
  virtual std::optional<DeviceMemoryUse> Memory() const { return std::nullopt; }
  // Multiplications and additions a second that the device's threads can do at most, measured now (0.2 s).
  virtual std::optional<double> MeasurePeak() const { return std::nullopt; }
  // Whether N pictures are one run of the model, not several or one with a batch that is filled up.
  virtual bool IsOneRun(int64_t) const { return true; }
  // The seconds of Load that went into compiling, or finding what is compiled already.
  virtual double CompileSeconds() const { return 0; }

 private:
  ConvNeXtConfig config_;
  DeviceFacts device_;
};

// One pass at a time; not thread-safe. Sessions of one program may run at the same time, in threads of their own:
// passes on a CPU take turns on all its cores, an NPU copies for one while it computes for another.
class Session {
 public:
  explicit Session(std::shared_ptr<const Program> program) : program_(std::move(program)) {}
  virtual ~Session() = default;

  // Returns when the outputs are there. kInternal where sizes do not agree.
  Result<RunReport> Run(const ImageBatch& images, const Outputs& outputs, const RunOptions& options = {});

 protected:
  const Program& program() const { return *program_; }
  virtual Result<RunReport> RunChecked(const ImageBatch& images, const Outputs& outputs, const RunOptions& options) = 0;

 private:
  std::shared_ptr<const Program> program_;
};

// The sessions of a program will be asked for these. A device that compiles its models makes them ready for it.
struct LoadOptions {
  ImageSize image_size = {256, 256};  // of the pictures
  std::vector<int64_t> batch_sizes = {1};
  std::function<void(const std::string& step)> progress = {};  // of long work; may be empty
};

class Backend {
 public:
  virtual ~Backend() = default;
  // `model` is read only during the call. kUnavailable, with the reasons, if the device cannot be used.
  virtual Result<std::shared_ptr<const Program>> Load(const ModelFile& model, const LoadOptions& options) const = 0;
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
