// open_clip_config.json: model_cfg is a file of open_clip's model_configs/, preprocess_cfg its PreprocessCfg
// (open_clip/transform.py).
#include "model/architectures.h"
#include "model/config_parts.h"

namespace convnext {
namespace {

enum class Projection { kLinear, kMlp, kClassifier };

constexpr NamedValue<Projection> kProjections[] = {
    {"linear", Projection::kLinear}, {"mlp", Projection::kMlp}, {"", Projection::kClassifier}};
constexpr NamedValue<CropMode> kResizeModes[] = {{"shortest", CropMode::kCenter}, {"squash", CropMode::kSquash}};
constexpr NamedValue<bool> kPoolings[] = {{"", true}, {"avg", true}};

// "n" or "[n, n]".
void ReadImageSize(FieldReader& fields, std::string_view name, int& image_size) {
  std::array<int64_t, 2> size = {image_size, image_size};  // height, width
  const Json* json = fields.Find(name);
  if (json != nullptr && json->is_array()) {
    fields.Integers(name, kMinImageSize, kMaxImageSize, size);
    if (size[0] != size[1]) fields.Fail(name, "is not square; other pictures are not supported");
  } else {
    fields.Integer(name, kMinImageSize, kMaxImageSize, size[0]);
  }
  if (fields.status().ok()) image_size = static_cast<int>(size[0]);
}

// CLIPVisionCfg (open_clip/model.py) and how TimmModel (open_clip/timm_model.py) makes the head of it.
Result<ConvNeXtConfig> ReadModelCfg(FieldReader model, FieldReader vision) {
  if (!vision.Has("timm_model_name")) {
    return Invalid(
        "no \"model_cfg.vision_cfg.timm_model_name\": the image tower is no timm model; expected convnext_base");
  }
  std::string name;
  vision.Text("timm_model_name", name);
  if (!vision.status().ok()) return vision.status();
  auto config = ArchitectureConfig(name);
  if (!config.ok()) return config;

  Projection projection = Projection::kLinear;
  bool pooled = true;
  vision.Choice<Projection>("timm_proj", kProjections, projection);
  vision.Choice<bool>("timm_pool", kPoolings, pooled);
  ReadImageSize(vision, "image_size", config->preprocessing.image_size);
  if (!vision.status().ok()) return vision.status();
  if (!model.Has("embed_dim")) return Invalid("no \"model_cfg.embed_dim\", the width of the embedding");
  model.Integer("embed_dim", 1, 65536 / 2, config->num_classes);
  if (!model.status().ok()) return model.status();
  if (projection == Projection::kMlp) config->head_hidden_size = 2 * config->num_classes;
  config->architecture = MatchArchitecture(*config).name;
  return config;
}

}  // namespace

Result<ConvNeXtConfig> ParseOpenClipConfig(const Json& json) {
  const FieldReader root(json, "");
  const FieldReader model = root.Object("model_cfg");
  auto config = ReadModelCfg(model, model.Object("vision_cfg"));
  if (!config.ok()) return config;
  FieldReader preprocess = root.Object("preprocess_cfg");
  NoteDefaults(preprocess, {"interpolation", "mean", "std"}, *config);
  preprocess.Choice<CropMode>("resize_mode", kResizeModes, config->preprocessing.crop_mode);
  ReadImageSize(preprocess, "size", config->preprocessing.image_size);
  ReadColours(preprocess, config->preprocessing);
  if (!preprocess.status().ok()) return preprocess.status();
  return config;
}

}  // namespace convnext
