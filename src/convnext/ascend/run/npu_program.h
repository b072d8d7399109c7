// The model on one or several NPUs, loaded and ready for sessions.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "convnext/ascend/acl/acl.h"
#include "convnext/ascend/compile/compile.h"
#include "convnext/ascend/run/npu_device.h"

namespace convnext {

struct NpuOptions {
  std::vector<int> devices = {0};  // empty: all that are visible
  Precision precision = Precision::kFloat32;
  std::string om_path;                     // a compiled model; empty: compile, or take it from the cache
  std::string cache;                       // directory; empty: DefaultCache
  std::vector<int64_t> batch_sizes = {1};  // that will be run: for each a model is compiled
  int64_t height = 256, width = 256;       // of the pictures
  NormalizationTable normalization = {};   // of 8-bit pictures, on the host
  bool uint8_input = false;                // the model normalises them, and takes no others
  std::function<void(const std::string& step)> progress = {};
  NpuTimeLimits limits = {};
  Machine machine = ThisMachine();
};

// The NPUs and the precision that a run used, as far as they are known.
struct NpuFacts {
  std::vector<int> devices;
  int64_t device_count = 0;  // visible
  std::string soc_name;      // "Ascend910B4"
  // ComputedPrecision of the least exact of its models; of a file from elsewhere what is certain.
  Precision dtype = Precision::kFloat32Unverified;
  Bilingual precision;         // how that is known, in words
  DeviceMemory memory_before;  // of all devices, before the models were loaded
  double compile_seconds = 0;  // until the compiled models were at hand: short where they come from the cache
};

class NpuSession;
class NpuWorker;
using NpuWorkers = std::vector<std::unique_ptr<NpuWorker>>;

// The devices, and the models loaded on each. Thread-safe; sessions share it.
class NpuProgram : public std::enable_shared_from_this<NpuProgram> {
 public:
  // kUnavailable, with the reasons (ascend/host/doctor.h), if a device cannot be used. Never falls back to the CPU.
  static Result<std::shared_ptr<const NpuProgram>> Open(const ModelFile& model, const NpuOptions& options);
  NpuProgram(const NpuProgram&) = delete;
  NpuProgram& operator=(const NpuProgram&) = delete;
  ~NpuProgram();

  // On every device a thread and a stream of its own.
  Result<std::unique_ptr<NpuSession>> NewSession() const;
  // Of a session that ends: the next one has them, with their memory.
  void TakeBack(NpuWorkers workers) const;

  const NpuFacts& facts() const { return facts_; }
  int64_t embedding_dim() const { return embedding_dim_; }
  const NormalizationTable& table() const { return options_.normalization; }  // of 8-bit pictures
  // kInvalid for pictures of another size than that of the models, or of a kind that they do not take.
  Status CheckInput(const ImageBatch& images) const;

  // Whether N pictures are one run on each device, with no batch filled up.
  bool IsOneRun(int64_t N) const;

  // The sum over the devices.
  Result<DeviceMemory> Memory() const;

 private:
  NpuProgram(NpuOptions options, const ConvNeXtConfig& config);
  Status Start();
  // A failure, with its cause if the doctor finds one.
  Status Diagnose(const Status& failure) const;
  Status FindDevices();
  Status OpenDevices();
  Result<std::vector<CompiledModel>> Compile(const ModelFile& model) const;
  Result<CompiledModel> InspectOmFile() const;
  Result<std::vector<CompiledModel>> FindModels(const ModelFile& model) const;
  void SetPrecision(const std::vector<CompiledModel>& models);
  Status LoadModels(const ModelFile& model);
  Result<NpuWorkers> OpenWorkers() const;
  NpuWorkers TakeIdle() const;

  NpuOptions options_;
  int64_t embedding_dim_;
  std::optional<CannInstallation> cann_;
  std::shared_ptr<const AclRuntime> runtime_;  // before the devices, which use it
  std::vector<std::unique_ptr<NpuDevice>> devices_;
  NpuFacts facts_;
  mutable std::mutex idle_mutex_;
  mutable std::vector<NpuWorkers> idle_;  // of sessions that have ended
};

}  // namespace convnext
