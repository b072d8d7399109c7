// The readers and the writer of configs share these parts.
#pragma once

#include <initializer_list>
#include <string_view>

#include "convnext/config/json_fields.h"
#include "convnext/config/model_config.h"

namespace convnext {

// timm's names (timm/data/transforms.py).
inline constexpr NamedValue<Interpolation> kInterpolations[] = {
    {"nearest", Interpolation::kNearest}, {"box", Interpolation::kBox},         {"bilinear", Interpolation::kBilinear},
    {"hamming", Interpolation::kHamming}, {"bicubic", Interpolation::kBicubic}, {"lanczos", Interpolation::kLanczos}};
inline constexpr NamedValue<CropMode> kCropModes[] = {
    {"center", CropMode::kCenter}, {"squash", CropMode::kSquash}, {"border", CropMode::kBorder}};

// timm's names, in lower case, as it compares them (timm/layers/create_act.py, adaptive_avgmax_pool.py).
inline constexpr NamedValue<Activation> kActivations[] = {{"gelu", Activation::kGelu},
                                                          {"gelu_tanh", Activation::kGeluTanh},
                                                          {"quick_gelu", Activation::kQuickGelu},
                                                          {"silu", Activation::kSilu},
                                                          {"swish", Activation::kSilu},
                                                          {"mish", Activation::kMish},
                                                          {"relu", Activation::kRelu},
                                                          {"relu6", Activation::kRelu6},
                                                          {"leaky_relu", Activation::kLeakyRelu},
                                                          {"elu", Activation::kElu},
                                                          {"celu", Activation::kElu},
                                                          {"selu", Activation::kSelu},
                                                          {"sigmoid", Activation::kSigmoid},
                                                          {"tanh", Activation::kTanh},
                                                          {"hard_sigmoid", Activation::kHardSigmoid},
                                                          {"hardsigmoid", Activation::kHardSigmoid},
                                                          {"hard_swish", Activation::kHardSwish},
                                                          {"hardswish", Activation::kHardSwish},
                                                          {"hard_mish", Activation::kHardMish},
                                                          {"identity", Activation::kIdentity}};
inline constexpr NamedValue<Pooling> kPoolings[] = {{"avg", Pooling::kAverage},
                                                    {"max", Pooling::kMaximum},
                                                    {"avgmax", Pooling::kAverageAndMaximum},
                                                    {"fast", Pooling::kAverage},
                                                    {"fastavg", Pooling::kAverage},
                                                    {"fastmax", Pooling::kMaximum},
                                                    {"fastavgmax", Pooling::kAverageAndMaximum}};

// The first name of a value.
template <class T, size_t N>
std::string_view NameOf(const NamedValue<T> (&names)[N], T value) {
  for (const NamedValue<T>& named : names) {
    if (named.value == value) return named.name;
  }
  return {};
}

// Reads mean and std: a list of three numbers, or one number for all three, in a list or not. An empty list, zero and
// what else Python takes for false leave them as they are.
void ReadColours(FieldReader& fields, Preprocessing& preprocessing);

// Notes which of `names` the config leaves to the `defaults`.
void NoteDefaults(const FieldReader& fields, std::initializer_list<std::string_view> names, std::string_view defaults,
                  ModelConfig& config);

// The colour of timm's border: the mean as pixels.
std::array<uint8_t, 3> BorderColour(const std::array<double, 3>& mean);

// Reads "fill_color", of the border: one number for red, green and blue, or a list of three; clipped to 0..255.
void ReadFill(FieldReader& fields, std::array<uint8_t, 3>& fill);

// The text of a tag as part of a model's name: letters, digits and _-. of it, "_" for others, at most 100.
std::string TagLabel(std::string_view text);

// The two kinds of config.
Result<ModelConfig> ParseTimmConfig(const Json& json);
Result<ModelConfig> ParseOpenClipConfig(const Json& json);

}  // namespace convnext
