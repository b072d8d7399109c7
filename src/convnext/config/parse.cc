#include <algorithm>
#include <cmath>

#include "convnext/config/config_parts.h"
#include "convnext/config/model_config.h"
#include "convnext/json/json.h"

namespace convnext {
namespace {

constexpr double kMaxColour = 1e6;  // of a mean or std; those for pixels up to 255 are far below

bool IsColour(const Json& json) {
  if (json.is_boolean()) return true;
  return json.is_number() && std::abs(json.get<double>()) <= kMaxColour;
}

double ColourOf(const Json& json) { return json.is_boolean() ? (json.get<bool>() ? 1.0 : 0.0) : json.get<double>(); }

void ReadColour(FieldReader& fields, std::string_view name, std::array<double, 3>& values) {
  const Json* json = fields.FindTrue(name);
  if (json == nullptr) return;
  const bool list = json->is_array() && (json->size() == 1 || json->size() == 3);
  if (list ? !std::all_of(json->begin(), json->end(), IsColour) : !IsColour(*json)) {
    return fields.Fail(name,
                       fmt::format("is neither a number nor a list of 3, from {} to {}", -kMaxColour, kMaxColour));
  }
  for (size_t i = 0; i < 3; ++i) values[i] = ColourOf(list ? (*json)[json->size() == 1 ? 0 : i] : *json);
}

}  // namespace

void ReadColours(FieldReader& fields, Preprocessing& preprocessing) {
  ReadColour(fields, "mean", preprocessing.mean);
  ReadColour(fields, "std", preprocessing.std);
  const auto vanishes = [](double value) { return static_cast<float>(value) == 0.0F; };
  if (std::any_of(preprocessing.std.begin(), preprocessing.std.end(), vanishes))
    fields.Fail("std", "is zero in float32: the pixels cannot be divided by it");
}

void NoteDefaults(const FieldReader& fields, std::initializer_list<std::string_view> names, std::string_view defaults,
                  ModelConfig& config) {
  std::string absent;
  for (const std::string_view name : names) {
    if (fields.FindTrue(name) == nullptr) absent += fmt::format("{}{}", absent.empty() ? "" : ", ", name);
  }
  if (!absent.empty()) config.notes.push_back(fmt::format("the config does not say {}: {}", absent, defaults));
}

std::array<uint8_t, 3> BorderColour(const std::array<double, 3>& mean) {
  std::array<uint8_t, 3> colour;
  for (size_t i = 0; i < 3; ++i)
    colour[i] = static_cast<uint8_t>(std::clamp(std::nearbyint(255 * mean[i]), 0.0, 255.0));
  return colour;
}

void ReadFill(FieldReader& fields, std::array<uint8_t, 3>& fill) {
  const Json* json = fields.Find("fill_color");
  if (json == nullptr) return;
  const auto is_whole = [](const Json& value) { return value.is_number_integer(); };
  const bool list = json->is_array() && json->size() == 3;
  if (list ? !std::all_of(json->begin(), json->end(), is_whole) : !is_whole(*json))
    return fields.Fail("fill_color", "is neither an integer nor a list of 3");
  for (size_t i = 0; i < 3; ++i)
    fill[i] = static_cast<uint8_t>(std::clamp((list ? (*json)[i] : *json).get<double>(), 0.0, 255.0));
}

std::string TagLabel(std::string_view text) {
  std::string label(text.substr(0, 100));
  std::replace_if(
      label.begin(), label.end(), [](char c) { return !IsNameCharacter(c); }, '_');
  return label;
}

Result<ModelConfig> ParseConfig(std::string_view text, const std::string& source) {
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
