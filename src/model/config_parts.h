// The readers and the writer of configs share these parts.
#pragma once

#include <initializer_list>
#include <string_view>

#include "model/config.h"
#include "model/json_fields.h"

namespace convnext {

inline constexpr NamedValue<Interpolation> kInterpolations[] = {{"bicubic", Interpolation::kBicubic},
                                                                {"bilinear", Interpolation::kBilinear}};
inline constexpr NamedValue<CropMode> kCropModes[] = {{"center", CropMode::kCenter}, {"squash", CropMode::kSquash}};

// Reads what timm's pretrained_cfg and open_clip's preprocess_cfg have in common: interpolation, mean and std.
void ReadColours(FieldReader& fields, Preprocessing& preprocessing);

// Notes which of `names` the config leaves to the defaults.
void NoteDefaults(const FieldReader& fields, std::initializer_list<std::string_view> names, ConvNeXtConfig& config);

// The two kinds of config.
Result<ConvNeXtConfig> ParseTimmConfig(const Json& json);
Result<ConvNeXtConfig> ParseOpenClipConfig(const Json& json);

}  // namespace convnext
