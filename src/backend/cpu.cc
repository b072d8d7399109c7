// cpu: float32, SIMD, threads. cpu-reference: the same forward pass over the scalar kernels in float64.
#include <algorithm>
#include <new>

#include "backend/backend.h"

namespace convnext {
namespace {

// `x` in float32; the memory is `storage`.
Activations<float> ConvertToFloat32(const Activations<double>& x, AlignedVector<float>& storage) {
  storage.assign(x.data, x.data + x.rows() * x.stride);
  return {x.N, x.H, x.W, x.C, x.stride, storage.data()};
}

template <class T>
class CpuSession : public Session {
 public:
  CpuSession(ConvNeXt<T> model, DeviceFacts facts, std::vector<NumaNode> nodes)
      : model_(std::move(model)), facts_(std::move(facts)), pool_(static_cast<int>(facts_.threads), std::move(nodes)) {}

  Status Run(const ImageBatch& images, std::span<float> embeddings, const Tap<float>& tap) override {
    try {
      AlignedVector<T> result(embeddings.size());
      profile_ = Forward<T>(model_, pool_, workspace_, images.data, images.N, images.H, images.W, result, TapFor(tap));
      std::transform(result.begin(), result.end(), embeddings.begin(), [](T v) { return static_cast<float>(v); });
    } catch (const std::bad_alloc&) {
      workspace_ = {};
      return Invalid("not enough memory for {} images of {}x{}; use a smaller --batch_size or --image_size", images.N,
                     images.H, images.W);
    }
    return {};
  }

  DeviceFacts Describe() const override { return facts_; }
  std::optional<ForwardProfile> Profile() const override { return profile_; }

  std::optional<double> MeasurePeak() override { return convnext::MeasurePeak(*model_.kernels, pool_, 0.2); }

 private:
  Tap<T> TapFor(const Tap<float>& tap) {
    if (!tap) return {};
    if constexpr (std::is_same_v<T, float>) {
      return tap;
    } else {
      return
          [this, &tap](std::string_view name, const Activations<T>& x) { tap(name, ConvertToFloat32(x, narrowed_)); };
    }
  }

  ConvNeXt<T> model_;
  DeviceFacts facts_;
  ThreadPool pool_;
  Workspace<T> workspace_;
  AlignedVector<float> narrowed_;
  std::optional<ForwardProfile> profile_;
};

template <class T>
class CpuBackend : public Backend {
 public:
  CpuBackend(std::string device, const Kernels<T>& kernels, int threads)
      : device_(std::move(device)), kernels_(kernels), threads_(threads) {}

  Result<std::unique_ptr<Session>> Load(const ModelFile& file, const LoadOptions&) const override {
    try {
      std::vector<NumaNode> nodes = NumaNodes();
      CONVNEXT_ASSIGN_OR_RETURN(auto model, LoadInterleaved(file, NodesInUse(nodes, static_cast<size_t>(threads_))));
      return std::make_unique<CpuSession<T>>(std::move(model), Describe(), std::move(nodes));
    } catch (const std::bad_alloc&) {
      return IoError("not enough memory to load {}", Printable(file.weights_path));
    }
  }

 private:
  DeviceFacts Describe() const {
    return {.device = device_,
            .dtype = Name(kernels_.products),
            .simd_target = kernels_.name,
            .threads = threads_,
            .npu_count = 0,
            .npu_name = {},
            .precision = {},
            .precision_chinese = {}};
  }

  // The threads of every node read all weights.
  Result<ConvNeXt<T>> LoadInterleaved(const ModelFile& file, std::span<const NumaNode> nodes) const {
    const InterleavedMemory interleaved(nodes);
    return LoadConvNeXt(file, kernels_);
  }

  std::string device_;
  const Kernels<T>& kernels_;
  int threads_;
};

// The products that a CPU has tables of. Those with instructions of their own come first.
constexpr Precision kCpuPrecisions[] = {Precision::kBfloat16, Precision::kFloat32};

Result<const Kernels<float>*> FindKernels(Precision products, const std::string& target) {
  const auto tables = AllKernels(products);
  if (target.empty()) return tables.front();
  std::string names;
  for (const Kernels<float>* table : tables) {
    if (target == table->name) return table;
    names += fmt::format("{}{}", names.empty() ? "" : ", ", table->name);
  }
  return Invalid("SIMD target \"{}\" is not available here in {}; expected one of {}", Printable(target),
                 Name(products), names);
}

}  // namespace

Result<std::unique_ptr<Backend>> MakeCpuBackend(const BackendOptions& options) {
  const bool reference = options.device == Name(DeviceKind::kCpuReference);
  const DeviceKind kind = reference ? DeviceKind::kCpuReference : DeviceKind::kCpu;
  CONVNEXT_RETURN_IF_ERROR(CheckPrecision(options.dtype, kind));
  const int threads = options.threads > 0 ? options.threads : AvailableCores();
  if (reference) {
    return std::make_unique<CpuBackend<double>>(options.device, ReferenceKernels(), threads);
  }
  CONVNEXT_ASSIGN_OR_RETURN(const auto kernels, FindKernels(options.dtype, options.simd_target));
  return std::make_unique<CpuBackend<float>>(options.device, *kernels, threads);
}

std::vector<std::string> SimdTargets(std::optional<Precision> products) {
  std::vector<std::string> names;
  for (const Precision precision : kCpuPrecisions) {
    if (products && *products != precision) continue;
    for (const Kernels<float>* table : AllKernels(precision)) {
      if (std::find(names.begin(), names.end(), table->name) == names.end()) names.emplace_back(table->name);
    }
  }
  return names;
}

}  // namespace convnext
