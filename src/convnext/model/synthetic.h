#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "convnext/config/config.h"
#include "convnext/model/weights_binding.h"

namespace convnext {

// How the values of synthetic weights are spread.
enum class SyntheticRule {
  kUniform,  // evenly, in a healthy range
  kHeavy,    // as training leaves them: small layer scales of both signs, long tails, channels that tower over the rest
};
// "uniform" or "heavy"; nothing for another name.
std::optional<SyntheticRule> FindSyntheticRule(std::string_view name);

struct SyntheticOptions {
  SyntheticOptions(uint64_t own_seed = 0) : seed(own_seed) {}  // a seed alone means the uniform rule, stored as float32
  uint64_t seed;
  SyntheticRule rule = SyntheticRule::kUniform;
  std::string dtype = "F32";  // that they are stored as: F64, F32, F16 or BF16
};

// Synthetic weights: every value is a pure function of the tensor's timm name, its shape and a seed, so that any
// language can make the same bits (the rules are in synthetic.cc). They mean nothing.
void FillSynthetic(std::string_view name, const Shape& shape, const SyntheticOptions& options, std::span<float> values);

// The bytes of a safetensors file of synthetic weights, marked as such in its metadata.
Status SerializeSyntheticModel(const ModelConfig& config, const SyntheticOptions& options, const WriteBytes& write);

// A synthetic model in memory, with the bytes that its tensors lie in.
struct SyntheticModel {
  std::vector<std::byte> bytes;
  ModelFile file;
};
Result<SyntheticModel> MakeSyntheticModel(const ModelConfig& config, const SyntheticOptions& options);

// Writes directory/config.json and directory/model.safetensors.
Status WriteSyntheticModel(const ModelConfig& config, const SyntheticOptions& options, const std::string& directory);

}  // namespace convnext
