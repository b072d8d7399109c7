#include "convnext/config/architectures.h"
#include "convnext/config/config_parts.h"

namespace convnext {
namespace {

Json PretrainedCfgJson(const ModelConfig& config) {
  const Preprocessing& preprocessing = config.preprocessing;
  Json json;
  if (!config.tag.empty()) json["tag"] = config.tag;
  json["custom_load"] = false;
  const ImageSize& size = preprocessing.image_size;
  json["input_size"] = {3, size.height, size.width};
  json["fixed_input_size"] = false;
  json["interpolation"] = Name(preprocessing.interpolation);
  json["crop_pct"] = preprocessing.crop_pct;
  json["crop_mode"] = Name(preprocessing.crop_mode);
  json["mean"] = preprocessing.mean;
  json["std"] = preprocessing.std;
  json["num_classes"] = config.num_classes;
  json["pool_size"] = {size.height / 32, size.width / 32};
  json["first_conv"] = "stem.0";
  json["classifier"] = "head.fc";
  return json;
}

// The arguments of timm's constructor that differ from those of the architecture.
Json ModelArgsJson(const ModelConfig& config, const Architecture& own) {
  Json json = Json::object();
  if (config.depths != own.depths) json["depths"] = config.depths;
  if (config.dims != own.dims) json["dims"] = config.dims;
  if (config.head_hidden_size != own.head_hidden_size) {
    json["head_hidden_size"] = config.head_hidden_size > 0 ? Json(config.head_hidden_size) : Json();
  }
  if (config.layer_norm_eps != own.layer_norm_eps) json["norm_eps"] = config.layer_norm_eps;
  if (config.activation != own.activation) json["act_layer"] = Name(config.activation);
  if (config.pooling != Pooling::kAverage) json["global_pool"] = Name(config.pooling);
  return json;
}

}  // namespace

std::string_view Name(CropMode mode) { return NameOf(kCropModes, mode); }
std::string_view Name(Interpolation interpolation) { return NameOf(kInterpolations, interpolation); }
std::string_view Name(Activation activation) { return NameOf(kActivations, activation); }
std::string_view Name(Pooling pooling) { return NameOf(kPoolings, pooling); }

std::string ConfigJson(const ModelConfig& config) {
  const Architecture* known = FindArchitecture(config.architecture);
  const Architecture& own = known != nullptr ? *known : MatchArchitecture(config);
  Json json;
  json["architecture"] = own.name;
  json["num_classes"] = config.num_classes;
  json["num_features"] = config.head_hidden_size > 0 ? config.head_hidden_size : config.dims[3];
  json["global_pool"] = Name(config.pooling);
  json["pretrained_cfg"] = PretrainedCfgJson(config);
  if (Json arguments = ModelArgsJson(config, own); !arguments.empty()) json["model_args"] = std::move(arguments);
  // timm's border has the colour of the mean; open_clip's any, which only this program reads here.
  const Preprocessing& preprocessing = config.preprocessing;
  if (preprocessing.crop_mode == CropMode::kBorder && preprocessing.fill != BorderColour(preprocessing.mean))
    json["fill_color"] = preprocessing.fill;
  return json.dump(1) + "\n";
}

}  // namespace convnext
