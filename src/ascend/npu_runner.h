// The model on one or several NPUs.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ascend/compile.h"
#include "ascend/npu_stream.h"

namespace convnext {

struct NpuOptions {
  std::vector<int> devices = {0};  // empty: all that are visible
  Precision precision = Precision::kFloat32;
  std::string om_path;                     // a compiled model; empty: compile, or take it from the cache
  std::string cache;                       // directory; empty: DefaultCache
  std::vector<int64_t> batch_sizes = {1};  // that will be run: for each a model is compiled
  int64_t height = 256, width = 256;       // of the pictures
  std::function<void(const std::string& step)> progress = {};
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

class NpuDevice;

// The pictures of a batch are shared out among the devices, and keep their order.
class NpuRunner {
 public:
  // kUnavailable, with the reasons (ascend/doctor.h), if a device cannot be used. Never falls back to the CPU.
  static Result<std::unique_ptr<NpuRunner>> Open(const ModelFile& model, const NpuOptions& options);
  NpuRunner(const NpuRunner&) = delete;
  NpuRunner& operator=(const NpuRunner&) = delete;
  ~NpuRunner();

  const NpuFacts& facts() const { return facts_; }

  // images: [N, H, W, 3]; embeddings: [N, D]. The times are those of the slowest device.
  Status Run(std::span<const float> images, int64_t N, int64_t H, int64_t W, std::span<float> embeddings,
             DeviceTimes& times);

  // Whether N pictures are one run on each device, with no batch filled up.
  bool IsOneRun(int64_t N) const;

  // The sum over the devices.
  Result<DeviceMemory> Memory();

 private:
  NpuRunner(NpuOptions options, int64_t embedding_dim);
  Status Start();
  // A failure, with its cause if the doctor finds one.
  Status Diagnose(const Status& failure) const;
  Status OpenDevices();
  Result<std::vector<CompiledModel>> Compile(const ModelFile& model) const;
  Result<CompiledModel> InspectOmFile() const;
  Status LoadModels(const ModelFile& model);

  NpuOptions options_;
  int64_t embedding_dim_;
  std::optional<CannInstallation> cann_;
  std::shared_ptr<const AclRuntime> runtime_;  // before the devices, which use it
  std::vector<std::unique_ptr<NpuDevice>> devices_;
  NpuFacts facts_;
};

// How many of N pictures each of `devices` gets, the larger shares first: 5 among 2 are 3 and 2.
std::vector<int64_t> Shares(int64_t N, size_t devices);

// The batch sizes to compile so that each of `batch_sizes`, shared out among `devices`, runs without a filled-up batch.
std::vector<int64_t> SharedBatchSizes(const std::vector<int64_t>& batch_sizes, size_t devices);

// The next of the compiled `sizes` (ascending) to run for N remaining pictures: the largest that they fill, or else the
// smallest, which is then filled up.
int64_t NextBatchSize(const std::vector<int64_t>& sizes, int64_t N);

}  // namespace convnext
