// The rule (shared with tests/golden/README.md and its generator). For value i = 0, 1, ... of a tensor in row-major
// order:
//   h   = FNV-1a 64 of the timm name
//   z_i = the finaliser of splitmix64 of h + seed + (i + 1) * 0x9e3779b97f4a7c15 (mod 2^64)
//   x_i = ((z_i >> 40) - 2^23) / 2^23, in [-1, 1) and exact
//   w_i = float32(offset + scale * x_i), computed in double, where the product and the sum are exact
#include "model/synthetic.h"

#include <cmath>

namespace convnext {
namespace {

uint64_t Fnv1a(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

// The values of a tensor lie in [offset - scale, offset + scale).
struct Distribution {
  float offset;
  float scale;
};

// The scale of a matrix keeps the variance of what it is multiplied with: 1 / inputs, where a uniform value has scale^2
// / 3.
Distribution DistributionOf(std::string_view name, const Shape& shape) {
  if (name.ends_with(".gamma")) return {0.3f, 0.2f};
  if (name == "head.fc.bias") return {0, 0};  // open_clip's projection has none
  if (name.ends_with(".bias")) return {0, 0.1f};
  if (shape.size() < 2) return {1, 0.25f};
  double inputs = 1;
  for (size_t i = 1; i < shape.size(); ++i) inputs *= static_cast<double>(shape[i]);
  return {0, static_cast<float>(std::sqrt(3.0 / inputs))};
}

}  // namespace

void FillSynthetic(std::string_view name, const Shape& shape, uint64_t seed, std::span<float> values) {
  const Distribution distribution = DistributionOf(name, shape);
  const double offset = distribution.offset, scale = distribution.scale;
  uint64_t state = Fnv1a(name) + seed;
  for (float& value : values) {
    state += kSplitmix64Step;
    const auto bits = static_cast<int64_t>(Splitmix64(state) >> 40);  // 24
    const double x = static_cast<double>(bits - (1 << 23)) * 0x1p-23;
    value = static_cast<float>(offset + scale * x);
  }
}

Status SerializeSyntheticModel(const ConvNeXtConfig& config, uint64_t seed, const WriteBytes& write) {
  CONVNEXT_RETURN_IF_ERROR(CheckConfig(config));
  std::vector<TensorToWrite> tensors;
  for (const NamedShape& expected : ExpectedTensors(config)) {
    const auto fill = [expected, seed](std::span<float> values) {
      FillSynthetic(expected.name, expected.shape, seed, values);
    };
    tensors.push_back({expected.name, expected.shape, fill});
  }
  const std::map<std::string, std::string> metadata = {{"format", "pt"},
                                                       {"synthetic", "true"},
                                                       {"seed", std::to_string(seed)},
                                                       {"generator", "convnext synth"},
                                                       {"architecture", config.name()}};
  return SerializeSafetensors(metadata, tensors, write);
}

Result<SyntheticModel> MakeSyntheticModel(const ConvNeXtConfig& config, uint64_t seed) {
  SyntheticModel model;
  Status status = SerializeSyntheticModel(config, seed, [&](std::span<const std::byte> bytes) {
    model.bytes.insert(model.bytes.end(), bytes.begin(), bytes.end());
    return Status();
  });
  if (!status.ok()) return status;
  CONVNEXT_ASSIGN_OR_RETURN(auto parsed, Safetensors::Parse(model.bytes, "synthetic model"));
  CONVNEXT_ASSIGN_OR_RETURN(auto file, BindModel(std::move(parsed), &config, "synthetic model"));
  model.file = std::move(file);
  return model;
}

Status WriteSyntheticModel(const ConvNeXtConfig& config, uint64_t seed, const std::string& directory) {
  Status status = WriteFile(directory + "/model.safetensors",
                            [&](const WriteBytes& write) { return SerializeSyntheticModel(config, seed, write); });
  if (!status.ok()) return status;
  return WriteFile(directory + "/config.json", ConfigJson(config));
}

}  // namespace convnext
