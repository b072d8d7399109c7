// The golden models: synthetic weights made in memory, inputs and truth from tests/golden/models.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "convnext/engine.h"
#include "convnext/eval/eval.h"
#include "paths.h"

namespace convnext {

inline std::string GoldenPath(const std::string& path) {
  return std::string(kSourceDirectory) + "/tests/golden/" + path;
}

// The value of a result; throws its message otherwise, which fails the test.
template <class T>
T ValueOrThrow(Result<T> result) {
  if (!result.ok()) throw std::runtime_error(result.status().message());
  return *std::move(result);
}

inline SyntheticModel MakeModel(const ModelConfig& config, uint64_t seed) {
  return ValueOrThrow(MakeSyntheticModel(config, seed));
}

inline ModelConfig GoldenConfig(const std::string& name) {
  const auto bytes = ValueOrThrow(ReadFile(GoldenPath("models/" + name + "/config.json"), 1 << 20));
  return ValueOrThrow(ParseConfig({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, name));
}

inline Tensor<double> GoldenTensor(const std::string& name, const std::string& file) {
  return ValueOrThrow(ReadNpy(GoldenPath("models/" + name + "/" + file))).tensor;
}

// The golden inputs of a model as one batch.
struct Batch {
  int64_t N = 0, H = 0, W = 0;
  AlignedVector<float> data;
};
inline Batch ReadBatch(const std::string& path) {
  Batch batch;
  for (const PreparedImage& image : ValueOrThrow(ReadPreparedImages(path))) {
    batch.data.insert(batch.data.end(), image.data.begin(), image.data.end());
    batch.H = image.height;
    batch.W = image.width;
    ++batch.N;
  }
  return batch;
}

inline Batch GoldenInput(const std::string& name) { return ReadBatch(GoldenPath("models/" + name + "/input.npy")); }

// The largest over all rows of max |error| / max |reference|, in percent.
template <class T>
double LargestErrorPct(const Tensor<double>& reference, std::span<const T> values) {
  EXPECT_EQ(reference.data.size(), values.size());
  const std::vector<double> test(values.begin(), values.end());
  const auto rows = static_cast<size_t>(reference.shape[0]);
  const size_t size = test.size() / rows;
  double largest = 0;
  for (size_t row = 0; row < rows; ++row) {
    const auto metrics = Compare({&reference.data[row * size], size}, {&test[row * size], size});
    largest = LargerOrNan(largest, metrics.max_rel_error_pct);
  }
  return largest;
}

// The backends of this machine: each SIMD target in float32 and bfloat16, and the reference.
inline std::vector<BackendOptions> AllCpuBackends() {
  std::vector<BackendOptions> backends;
  for (const std::string& target : SimdTargets(Precision::kFloat32))
    backends.push_back({.device = "cpu", .simd_target = target});
  for (const std::string& target : SimdTargets(Precision::kBfloat16))
    backends.push_back({.device = "cpu", .dtype = Precision::kBfloat16, .simd_target = target});
  backends.push_back({.device = "cpu-reference"});
  return backends;
}

inline std::string BackendName(const testing::TestParamInfo<BackendOptions>& parameter) {
  if (parameter.param.device != "cpu") return "reference";
  return parameter.param.simd_target + (parameter.param.dtype == Precision::kBfloat16 ? "_bfloat16" : "");
}

inline Engine MakeEngine(const SyntheticModel& model, const BackendOptions& backend, int threads = 0) {
  EngineOptions options;
  options.backend = backend;
  options.backend.threads = threads;
  return ValueOrThrow(LoadEngine(model.file, options));
}

}  // namespace convnext
