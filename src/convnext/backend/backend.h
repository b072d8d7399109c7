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

#include "convnext/backend/profile.h"
#include "convnext/backend/profile_table.h"
#include "convnext/base/base.h"
#include "convnext/model/model.h"
#include "convnext/tensor/tensor.h"

namespace convnext {

// Pictures of one size, at least 32 pixels a side, [N, H, W, 3]: normalised float32, or 8-bit RGB that is normalised
// when it is read. One of the two is empty.
struct ImageBatch {
  std::span<const float> data;
  int64_t N = 0, H = 0, W = 0;
  std::span<const uint8_t> pixels = {};
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

// What a program takes pictures as.
struct InputKinds {
  bool pixels = false;  // 8-bit: it knows how they are normalised
  bool floats = true;   // normalised
};

class Session;

// A model on a device: immutable, loaded once and shared. Thread-safe.
class Program {
 public:
  Program(ConvNeXtConfig config, DeviceFacts device, const InputKinds& inputs)
      : config_(std::move(config)), device_(std::move(device)), inputs_(inputs) {}
  virtual ~Program() = default;
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  const ConvNeXtConfig& config() const { return config_; }
  const DeviceFacts& device() const { return device_; }
  const InputKinds& inputs() const { return inputs_; }

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
  InputKinds inputs_;
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
  std::optional<NormalizationTable> normalization = {};        // of 8-bit pictures; without it they are refused
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
  int threads = 0;                 // in kThreadCounts; 0: AvailableCores()
  std::string simd_target = {};    // empty: the best one
  std::string om_path = {};        // NPU: a compiled model; empty: compile, or take it from the cache
  bool device_preprocess = false;  // NPU: the model takes 8-bit pictures alone, and normalises them
  std::string weights_cache = {};  // CPU: a directory where processes share packed weights; empty: each has its own
};

}  // namespace convnext
