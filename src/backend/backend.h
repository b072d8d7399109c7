// The devices a model can run on. The seam is the whole model: a backend loads it and gives a session, a session turns
// images into embeddings; what is fused or compiled inside does not show. A device that is not there is a backend too:
// its Load says why not.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/base.h"
#include "model/model.h"

namespace convnext {

struct DeviceDescription {
  std::string device;       // "cpu", "cpu-reference", "npu:0"
  std::string simd_target;  // "AVX2", "SCALAR", ...; empty on an NPU
  int threads = 0;
  int npu_count = 0;
  std::optional<std::string> npu_name;
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
  virtual Status Run(const ImageBatch& images, std::span<float> embeddings, const Tap<float>& tap) = 0;
};

class Backend {
 public:
  virtual ~Backend() = default;
  virtual DeviceDescription Describe() const = 0;
  // `model` is read only during the call. kUnavailable, with the reasons, if the device cannot be used.
  virtual Result<std::unique_ptr<Session>> Load(const ModelFile& model) const = 0;
};

struct BackendOptions {
  std::string device = "cpu";
  std::string dtype = "float32";  // or its alias fp32
  int threads = 0;                // 0: AvailableCores()
  std::string simd_target = {};   // empty: the best one
};

// kInvalid for a device or dtype that does not exist.
Result<std::unique_ptr<Backend>> MakeBackend(const BackendOptions& options);

// The SIMD targets that this program has and this CPU can run, the best first, "SCALAR" last.
std::vector<std::string> SimdTargets();

// The two that exist so far; MakeBackend chooses.
Result<std::unique_ptr<Backend>> MakeCpuBackend(const BackendOptions& options);
std::unique_ptr<Backend> MakeNpuBackend(int index);

}  // namespace convnext
