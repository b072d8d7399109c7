#include "model/architectures.h"
#include "model/config_parts.h"

namespace convnext {
namespace {

template <class T, size_t N>
std::string_view NameOf(const NamedValue<T> (&names)[N], T value) {
  for (const NamedValue<T>& named : names) {
    if (named.value == value) return named.name;
  }
  return {};
}

Json PretrainedCfgJson(const ConvNeXtConfig& config) {
  const Preprocessing& preprocessing = config.preprocessing;
  const int size = preprocessing.image_size;
  Json json;
  if (!config.tag.empty()) json["tag"] = config.tag;
  json["custom_load"] = false;
  json["input_size"] = {3, size, size};
  json["fixed_input_size"] = false;
  json["interpolation"] = NameOf(kInterpolations, preprocessing.interpolation);
  json["crop_pct"] = preprocessing.crop_pct;
  json["crop_mode"] = NameOf(kCropModes, preprocessing.crop_mode);
  json["mean"] = preprocessing.mean;
  json["std"] = preprocessing.std;
  json["num_classes"] = config.num_classes;
  json["pool_size"] = {size / 32, size / 32};
  json["first_conv"] = "stem.0";
  json["classifier"] = "head.fc";
  return json;
}

// The arguments of timm's constructor that differ from those of the architecture.
Json ModelArgsJson(const ConvNeXtConfig& config, const Architecture& own) {
  Json json = Json::object();
  if (config.depths != own.depths) json["depths"] = config.depths;
  if (config.dims != own.dims) json["dims"] = config.dims;
  if (config.head_hidden_size != own.head_hidden_size) {
    json["head_hidden_size"] = config.head_hidden_size > 0 ? Json(config.head_hidden_size) : Json();
  }
  if (config.layer_norm_eps != own.layer_norm_eps) json["norm_eps"] = config.layer_norm_eps;
  return json;
}

}  // namespace

std::string ConfigJson(const ConvNeXtConfig& config) {
  const Architecture* known = FindArchitecture(config.architecture);
  const Architecture& own = known != nullptr ? *known : MatchArchitecture(config);
  Json json;
  json["architecture"] = own.name;
  json["num_classes"] = config.num_classes;
  json["num_features"] = config.head_hidden_size > 0 ? config.head_hidden_size : config.dims[3];
  json["global_pool"] = "avg";
  json["pretrained_cfg"] = PretrainedCfgJson(config);
  if (Json arguments = ModelArgsJson(config, own); !arguments.empty()) json["model_args"] = std::move(arguments);
  return json.dump(1) + "\n";
}

}  // namespace convnext
