// open_clip_config.json: model_cfg is a file of open_clip's model_configs/, preprocess_cfg its PreprocessCfg
// (open_clip/transform.py), read as open_clip 3.3.0 reads them.
#include "convnext/config/architectures.h"
#include "convnext/config/config_parts.h"

namespace convnext {
namespace {

// How TimmModel makes an embedding of the trunk's features: a layer or two without timm's head, timm's own classifier,
// or the features themselves.
enum class Projection { kLinear, kMlp, kClassifier, kNone };

constexpr NamedValue<Projection> kProjections[] = {{"linear", Projection::kLinear},
                                                   {"mlp", Projection::kMlp},
                                                   {"", Projection::kClassifier},
                                                   {"none", Projection::kNone}};
// "random" chooses while training; after it, it is bicubic.
constexpr NamedValue<Interpolation> kOpenClipInterpolations[] = {
    {"bicubic", Interpolation::kBicubic}, {"bilinear", Interpolation::kBilinear}, {"random", Interpolation::kBicubic}};
constexpr NamedValue<CropMode> kResizeModes[] = {
    {"shortest", CropMode::kCenter}, {"squash", CropMode::kSquash}, {"longest", CropMode::kBorder}};

// "n" or "[height, width]".
void ReadImageSize(FieldReader& fields, std::string_view name, ImageSize& image_size) {
  std::array<int64_t, 2> size = {image_size.height, image_size.width};
  const Json* json = fields.Find(name);
  if (json == nullptr) return;
  if (json->is_array()) {
    fields.Integers(name, kMinImageSize, kMaxImageSize, size);
  } else {
    fields.Integer(name, kMinImageSize, kMaxImageSize, size[0]);
    size[1] = size[0];
  }
  if (fields.status().ok()) image_size = {size[0], size[1]};
}

bool IsEmptyText(const Json* json) {
  return json != nullptr && json->is_string() && json->get_ref<const std::string&>().empty();
}

void ReadProjection(FieldReader& vision, Projection& projection) {
  const Json* json = vision.Find("timm_proj");
  if (IsEmptyText(json)) {
    projection = Projection::kClassifier;
  } else {
    vision.Choice<Projection>("timm_proj", kProjections, projection);
  }
}

// Without a pooling the classifier and the bare trunk give a feature map; before a projection the trunk keeps its own.
void ReadPooling(FieldReader& vision, Projection projection, Pooling& pooling) {
  const Json* json = vision.Find("timm_pool");
  const bool none = IsEmptyText(json);
  if (none && (projection == Projection::kClassifier || projection == Projection::kNone))
    return vision.Fail("timm_pool", "makes a feature map of the embedding, which is not supported; expected \"avg\"");
  if (!none) vision.ChoiceOfAnyCase<Pooling>("timm_pool", kPoolings, pooling);
}

// CLIPVisionCfg (open_clip/model.py) and how TimmModel (open_clip/timm_model.py) makes the head of it.
Result<ModelConfig> ReadModelCfg(FieldReader model, FieldReader vision) {
  if (!vision.Has("timm_model_name")) {
    return Invalid(
        "no \"model_cfg.vision_cfg.timm_model_name\": the image tower is no timm model; expected convnext_base");
  }
  std::string name;
  vision.Text("timm_model_name", name);
  if (!vision.status().ok()) return vision.status();
  CONVNEXT_ASSIGN_OR_RETURN(auto config, ArchitectureOf(name));
  config.preprocessing = OpenClipPreprocessing();
  Projection projection = Projection::kLinear;
  ReadProjection(vision, projection);
  ReadPooling(vision, projection, config.pooling);
  ReadImageSize(vision, "image_size", config.preprocessing.image_size);
  if (!vision.status().ok()) return vision.status();
  if (!model.Has("embed_dim")) return Invalid("no \"model_cfg.embed_dim\", the width of the embedding");
  model.Integer("embed_dim", 1, 65536 / 2, config.num_classes);
  if (!model.status().ok()) return model.status();
  if (projection == Projection::kMlp) config.head_hidden_size = 2 * config.num_classes;
  if (projection == Projection::kNone) config.num_classes = 0;
  if (config.tag.empty()) config.architecture = MatchArchitecture(config).name;
  return config;
}

// The size that open_clip gives its transform is the image tower's.
Status NoteOtherSize(FieldReader preprocess, ModelConfig& config) {
  ImageSize size = config.preprocessing.image_size;
  ReadImageSize(preprocess, "size", size);
  if (size != config.preprocessing.image_size) {
    config.notes.push_back(
        fmt::format("preprocess_cfg.size is {}, which open_clip does not use: the image tower's {} counts",
                    ToString(size), ToString(config.preprocessing.image_size)));
  }
  return preprocess.status();
}

// open_clip 3.3.0 gives the interpolation to every resize but this one.
void ForgetInterpolation(ModelConfig& config) {
  Preprocessing& preprocessing = config.preprocessing;
  const bool square = preprocessing.image_size.height == preprocessing.image_size.width;
  if (square || preprocessing.crop_mode != CropMode::kCenter || preprocessing.interpolation == Interpolation::kBicubic)
    return;
  preprocessing.interpolation = Interpolation::kBicubic;
  config.notes.push_back("open_clip resizes the shorter side to a size that is not square as \"bicubic\", always");
}

}  // namespace

Preprocessing OpenClipPreprocessing() { return {.image_size = {224, 224}}; }

Result<ModelConfig> ParseOpenClipConfig(const Json& json) {
  const FieldReader root(json, "");
  const FieldReader model = root.Object("model_cfg");
  CONVNEXT_ASSIGN_OR_RETURN(auto config, ReadModelCfg(model, model.Object("vision_cfg")));
  FieldReader preprocess = root.Object("preprocess_cfg");
  config.notes.push_back(
      "open_clip turns pictures with a palette, transparency, CMYK, 16 bits or 1 bit into RGB after resizing, this "
      "program, as timm, before: the embeddings of such pictures differ from open_clip's");
  NoteDefaults(preprocess, {"interpolation", "mean", "std"},
               "open_clip's defaults stand for it (bicubic, CLIP's mean and std)", config);
  preprocess.Choice<CropMode>("resize_mode", kResizeModes, config.preprocessing.crop_mode);
  preprocess.Choice<Interpolation>("interpolation", kOpenClipInterpolations, config.preprocessing.interpolation);
  ReadColours(preprocess, config.preprocessing);
  if (config.preprocessing.crop_mode == CropMode::kBorder) ReadFill(preprocess, config.preprocessing.fill);
  if (!preprocess.status().ok()) return preprocess.status();
  CONVNEXT_RETURN_IF_ERROR(NoteOtherSize(preprocess, config));
  ForgetInterpolation(config);
  return config;
}

}  // namespace convnext
