#include "convnext/cpu/cpu.h"

#include <algorithm>
#include <mutex>
#include <new>

#include "convnext/cpu/packed_weights.h"

namespace convnext {
namespace {

// `x` in float32; the memory is `storage` where it is not float32 already.
const Activations<float>& InFloat32(const Activations<float>& x, AlignedVector<float>&) { return x; }
Activations<float> InFloat32(const Activations<double>& x, AlignedVector<float>& storage) {
  storage.assign(x.data, x.data + x.rows() * x.stride);
  return {x.N, x.H, x.W, x.C, x.stride, storage.data()};
}

// Copies rows of `x` to `to`, [rows, C].
template <class T>
void CopyRows(const Activations<T>& x, std::span<float> to) {
  for (int64_t row = 0; row < x.rows(); ++row)
    std::copy_n(x.data + row * x.stride, x.C, to.begin() + static_cast<ptrdiff_t>(row * x.C));
}

// Weights, threads and the memory of a pass. Passes take turns, first come, first served: each uses all threads, and
// one workspace serves them all. Two at a time on half the threads each are no faster (bench/RESULTS.md, Sessions).
template <class T>
class CpuProgram : public Program, public std::enable_shared_from_this<CpuProgram<T>> {
 public:
  CpuProgram(ConvNeXt<T> model, DeviceFacts facts, bool reads_pixels, std::vector<NumaNode> nodes)
      : Program(model.config, facts, {.pixels = reads_pixels}),
        model_(std::move(model)),
        pool_(static_cast<int>(facts.threads), std::move(nodes)) {}

  Result<std::unique_ptr<Session>> NewSession() const override;
  std::optional<double> MeasurePeak() const override {
    const std::lock_guard turn(turn_);
    return convnext::MeasurePeak(*model_.products, pool_, 0.2);
  }

  Result<RunReport> Run(const ImageBatch& images, const Outputs& outputs, const RunOptions& options) const {
    const std::lock_guard turn(turn_);
    if (options.stop.stop_requested()) return Cancelled("stopped before the pass began");
    try {
      AlignedVector<T> result(outputs.embeddings.size());
      const ForwardProfile profile =
          Forward<T>(model_, pool_, workspace_, images, result, TapFor(outputs, options.tap), options.stop);
      if (options.stop.stop_requested()) return Cancelled("stopped within the pass");
      std::transform(result.begin(), result.end(), outputs.embeddings.begin(),
                     [](T v) { return static_cast<float>(v); });
      return RunReport{{}, profile};
    } catch (const std::bad_alloc&) {
      workspace_ = {};
      return Invalid("not enough memory for {} images of {}x{}; use a smaller --batch_size or --image_size", images.N,
                     images.H, images.W);
    }
  }

 private:
  // Sees what the outputs and the caller's tap ask for.
  Tap<T> TapFor(const Outputs& outputs, const Tap<float>& tap) const {
    if (!tap && outputs.pooled.empty() && outputs.feature_map.empty()) return {};
    return [this, &outputs, &tap](std::string_view name, const Activations<T>& x) {
      if (name == "stage3" && !outputs.feature_map.empty()) CopyRows(x, outputs.feature_map);
      if (name == "head_norm" && !outputs.pooled.empty()) CopyRows(x, outputs.pooled);
      if (!tap) return;
      tap(name, InFloat32(x, narrowed_));
    };
  }

  const ConvNeXt<T> model_;
  mutable TurnMutex turn_;  // guards what follows
  mutable ThreadPool pool_;
  mutable Workspace<T> workspace_;
  mutable AlignedVector<float> narrowed_;
};

template <class T>
class CpuSession : public Session {
 public:
  explicit CpuSession(const std::shared_ptr<const CpuProgram<T>>& program) : Session(program), program_(*program) {}

 protected:
  Result<RunReport> RunChecked(const ImageBatch& images, const Outputs& outputs, const RunOptions& options) override {
    return program_.Run(images, outputs, options);
  }

 private:
  const CpuProgram<T>& program_;
};

template <class T>
Result<std::unique_ptr<Session>> CpuProgram<T>::NewSession() const {
  return std::unique_ptr<Session>(std::make_unique<CpuSession<T>>(this->shared_from_this()));
}

template <class T>
class CpuBackend : public Backend {
 public:
  CpuBackend(const BackendOptions& options, const Products<T>& products, int threads)
      : device_(options.device), weights_cache_(options.weights_cache), products_(products), threads_(threads) {}

  Result<std::shared_ptr<const Program>> Load(const ModelFile& file, const LoadOptions& options) const override {
    try {
      std::vector<NumaNode> nodes = NumaNodes();
      CONVNEXT_ASSIGN_OR_RETURN(auto model, LoadInterleaved(file, NodesInUse(nodes, static_cast<size_t>(threads_))));
      const bool reads_pixels = options.normalization.has_value();
      if (reads_pixels) model.normalization = *options.normalization;
      return std::shared_ptr<const Program>(
          std::make_shared<const CpuProgram<T>>(std::move(model), Describe(), reads_pixels, std::move(nodes)));
    } catch (const std::bad_alloc&) {
      return IoError("not enough memory to load {}", Printable(file.weights_path));
    }
  }

 private:
  DeviceFacts Describe() const {
    return {.device = device_,
            .dtype = Name(products_.precision),
            .simd_target = products_.name,
            .threads = threads_,
            .npu_count = 0,
            .npu_name = {},
            .precision = {},
            .precision_chinese = {}};
  }

  // The threads of every node read all weights.
  Result<ConvNeXt<T>> LoadInterleaved(const ModelFile& file, std::span<const NumaNode> nodes) const {
    const InterleavedMemory interleaved(nodes);
    return weights_cache_.empty() ? LoadConvNeXt(file, products_) : LoadShared(file, products_, weights_cache_);
  }

  std::string device_, weights_cache_;
  const Products<T>& products_;
  int threads_;
};

// The products that a CPU has tables of. Those with instructions of their own come first.
constexpr Precision kCpuPrecisions[] = {Precision::kBfloat16, Precision::kFloat32};

Result<const Products<float>*> FindProducts(Precision precision, const std::string& target) {
  const auto tables = AllProducts(precision);
  if (target.empty()) return tables.front();
  std::string names;
  for (const Products<float>* table : tables) {
    if (target == table->name) return table;
    names += fmt::format("{}{}", names.empty() ? "" : ", ", table->name);
  }
  return Invalid("SIMD target \"{}\" is not available here in {}; expected one of {}", Printable(target),
                 Name(precision), names);
}

}  // namespace

Result<std::unique_ptr<Backend>> MakeCpuBackend(const BackendOptions& options) {
  const bool reference = options.device == Name(DeviceKind::kCpuReference);
  const DeviceKind kind = reference ? DeviceKind::kCpuReference : DeviceKind::kCpu;
  CONVNEXT_RETURN_IF_ERROR(CheckPrecision(options.dtype, kind));
  const int threads = options.threads > 0 ? options.threads : AvailableCores();
  if (reference) {
    return std::make_unique<CpuBackend<double>>(options, ReferenceProducts(), threads);
  }
  CONVNEXT_ASSIGN_OR_RETURN(const auto products, FindProducts(options.dtype, options.simd_target));
  return std::make_unique<CpuBackend<float>>(options, *products, threads);
}

std::vector<std::string> SimdTargets(std::optional<Precision> products) {
  std::vector<std::string> names;
  for (const Precision precision : kCpuPrecisions) {
    if (products && *products != precision) continue;
    for (const Products<float>* table : AllProducts(precision)) {
      if (std::find(names.begin(), names.end(), table->name) == names.end()) names.emplace_back(table->name);
    }
  }
  return names;
}

}  // namespace convnext
