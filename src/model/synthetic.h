#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/config.h"
#include "model/weights_binding.h"

namespace convnext {

// Synthetic weights: every value is a pure function of the tensor's timm name, its shape and a seed, so that any
// language can make the same bits (the rule is in synthetic.cc). They mean nothing; they keep the activations in a
// healthy range.
void FillSynthetic(std::string_view name, const Shape& shape, uint64_t seed, std::span<float> values);

// The bytes of a safetensors file of synthetic weights, marked as such in its metadata.
Status SerializeSyntheticModel(const ConvNeXtConfig& config, uint64_t seed, const WriteBytes& write);

// A synthetic model in memory, with the bytes that its tensors lie in.
struct SyntheticModel {
  std::vector<std::byte> bytes;
  ModelFile file;
};
Result<SyntheticModel> MakeSyntheticModel(const ConvNeXtConfig& config, uint64_t seed);

// Writes directory/config.json and directory/model.safetensors.
Status WriteSyntheticModel(const ConvNeXtConfig& config, uint64_t seed, const std::string& directory);

}  // namespace convnext
