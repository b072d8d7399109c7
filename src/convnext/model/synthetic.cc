// The rules (the first is shared with tests/golden/README.md and its generator, the second with
// tests/data/checkpoints/make_checkpoints.py). For value i = 0, 1, ... of a tensor in row-major order:
//   h   = FNV-1a 64 of the timm name
//   z_i = the finaliser of splitmix64 of h + seed + (i + 1) * 0x9e3779b97f4a7c15 (mod 2^64)
//   x_i = ((z_i >> 40) - 2^23) / 2^23, in [-1, 1) and exact
// uniform:
//   w_i = float32(offset + scale * x_i), computed in double, where the product and the sum are exact
// heavy, computed in double, each operation rounded:
//   a gamma:                   w_i = float32(0.4 * (x_i * ((x_i * x_i) * (x_i * x_i)))), small and of both signs
//   a norm's weight:           as uniform, but for stem.1
//   all else, and stem.1:      w_i = float32(offset + f * ((scale / 3.9) * (x_i * (1 + 16 * x_i^32))))
//     x^32 is x squared five times. Nearly all x * (1 + 16 * x^32) are below 1, the largest is 17; the deviation is 3.9
//     times that of x.
//     f is 1; where the outputs of a layer stay in the residual stream every 64th of them (5, 69, ...) stands out:
//     f is 128 in mlp.fc2, 16 in stem.1 and downsample.1.
#include "convnext/model/synthetic.h"

#include <cmath>

namespace convnext {
namespace {

// Of the heavy rule.
constexpr double kHeavyGamma = 0.4;
constexpr double kTailDeviation = 3.9;
constexpr size_t kTowerDistance = 64, kFirstTower = 5;

uint64_t Fnv1a(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

// The values of a tensor lie in [offset - scale, offset + scale) by the uniform rule.
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

double FifthPower(double x) { return x * ((x * x) * (x * x)); }

double WithTail(double x) {
  double power = x;
  for (int i = 0; i < 5; ++i) power *= power;
  return x * (1 + 16 * power);
}

// The factor of the outputs that stand out.
double TowerHeight(std::string_view name) {
  if (name.find(".mlp.fc2.") != std::string_view::npos) return 128;
  return name.starts_with("stem.1.") || name.find(".downsample.1.") != std::string_view::npos ? 16 : 1;
}

// Gives each value of a tensor what `value` makes of its place and of x.
template <class Value>
void Fill(std::string_view name, uint64_t seed, std::span<float> values, const Value& value) {
  uint64_t state = Fnv1a(name) + seed;
  for (size_t i = 0; i < values.size(); ++i) {
    state += kSplitmix64Step;
    const auto bits = static_cast<int64_t>(Splitmix64(state) >> 40);  // 24
    values[i] = static_cast<float>(value(i, static_cast<double>(bits - (1 << 23)) * 0x1p-23));
  }
}

void FillUniform(std::string_view name, const Shape& shape, uint64_t seed, std::span<float> values) {
  const Distribution distribution = DistributionOf(name, shape);
  const double offset = distribution.offset, scale = distribution.scale;
  Fill(name, seed, values, [=](size_t, double x) { return offset + scale * x; });
}

void FillHeavy(std::string_view name, const Shape& shape, uint64_t seed, std::span<float> values) {
  const Distribution distribution = DistributionOf(name, shape);
  const double offset = distribution.offset, scale = distribution.scale / kTailDeviation, height = TowerHeight(name);
  if (name.ends_with(".gamma"))
    return Fill(name, seed, values, [](size_t, double x) { return kHeavyGamma * FifthPower(x); });
  if (offset != 0 && height == 1) return FillUniform(name, shape, seed, values);
  const size_t inputs = values.size() / static_cast<size_t>(shape[0]);
  Fill(name, seed, values, [=](size_t i, double x) {
    const double factor = i / inputs % kTowerDistance == kFirstTower ? height : 1;
    return offset + factor * (scale * WithTail(x));
  });
}

}  // namespace

std::optional<SyntheticRule> FindSyntheticRule(std::string_view name) {
  if (name == "uniform") return SyntheticRule::kUniform;
  if (name == "heavy") return SyntheticRule::kHeavy;
  return std::nullopt;
}

void FillSynthetic(std::string_view name, const Shape& shape, const SyntheticOptions& options,
                   std::span<float> values) {
  if (options.rule == SyntheticRule::kHeavy) return FillHeavy(name, shape, options.seed, values);
  FillUniform(name, shape, options.seed, values);
}

Status SerializeSyntheticModel(const ModelConfig& config, const SyntheticOptions& options, const WriteBytes& write) {
  CONVNEXT_RETURN_IF_ERROR(CheckConfig(config));
  std::vector<TensorToWrite> tensors;
  for (const NamedShape& expected : ExpectedTensors(config)) {
    const auto fill = [expected, &options](std::span<float> values) {
      FillSynthetic(expected.name, expected.shape, options, values);
    };
    tensors.push_back({expected.name, expected.shape, fill, options.dtype});
  }
  std::map<std::string, std::string> metadata = {{"format", "pt"},
                                                 {"synthetic", "true"},
                                                 {"seed", std::to_string(options.seed)},
                                                 {"generator", "convnext synth"},
                                                 {"architecture", config.name()}};
  if (options.rule == SyntheticRule::kHeavy) metadata["rule"] = "heavy";
  return SerializeSafetensors(metadata, tensors, write);
}

Result<SyntheticModel> MakeSyntheticModel(const ModelConfig& config, const SyntheticOptions& options) {
  SyntheticModel model;
  Status status = SerializeSyntheticModel(config, options, [&](std::span<const std::byte> bytes) {
    model.bytes.insert(model.bytes.end(), bytes.begin(), bytes.end());
    return Status();
  });
  if (!status.ok()) return status;
  CONVNEXT_ASSIGN_OR_RETURN(auto parsed, Safetensors::Parse(model.bytes, "synthetic model"));
  CONVNEXT_ASSIGN_OR_RETURN(auto file, BindModel(std::move(parsed), &config, "synthetic model"));
  model.file = std::move(file);
  return model;
}

Status WriteSyntheticModel(const ModelConfig& config, const SyntheticOptions& options, const std::string& directory) {
  Status status = WriteFile(directory + "/model.safetensors",
                            [&](const WriteBytes& write) { return SerializeSyntheticModel(config, options, write); });
  if (!status.ok()) return status;
  return WriteFile(directory + "/config.json", ConfigJson(config));
}

}  // namespace convnext
