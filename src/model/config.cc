#include "model/config.h"

#include "model/config_parts.h"

namespace convnext {

void ReadColours(FieldReader& fields, Preprocessing& preprocessing) {
  fields.Choice<Interpolation>("interpolation", kInterpolations, preprocessing.interpolation);
  fields.Numbers("mean", -1000, 1000, preprocessing.mean);
  fields.Numbers("std", 1e-6, 1e6, preprocessing.std);
}

void NoteDefaults(const FieldReader& fields, std::initializer_list<std::string_view> names, ConvNeXtConfig& config) {
  std::string absent;
  for (const std::string_view name : names) {
    if (!fields.Has(name)) absent += fmt::format("{}{}", absent.empty() ? "" : ", ", name);
  }
  if (!absent.empty())
    config.notes.push_back("the config does not say " + absent + ": the values of timm's CLIP models are assumed");
}

Result<ConvNeXtConfig> ParseConfig(std::string_view text, const std::string& source) {
  const std::string context = Printable(source);
  const auto json = ParseJson(text);
  if (!json.ok()) return json.status().Prefixed(context);
  const FieldReader root(*json, "");
  const bool timm = root.Has("architecture"), open_clip = root.Has("model_cfg");
  if (!timm && !open_clip) {
    return Invalid(
        "{}: neither timm's config.json (no \"architecture\") nor open_clip's open_clip_config.json (no "
        "\"model_cfg\"); use the one that was published with the weights",
        context);
  }
  auto config = timm ? ParseTimmConfig(*json) : ParseOpenClipConfig(*json);
  if (!config.ok()) return config.status().Prefixed(context);
  if (Status status = CheckConfig(*config); !status.ok()) return status.Prefixed(context);
  return config;
}

}  // namespace convnext
