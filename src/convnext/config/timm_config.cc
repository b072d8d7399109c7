// timm's config.json (timm/models/_hub.py, save_config_for_hf and _parse_model_cfg), read as timm 1.0.31 reads it:
// a field that is not there, is null, or is what Python takes for false has timm's default, whatever the tag says.
#include <limits>

#include "convnext/config/config_parts.h"

namespace convnext {
namespace {

constexpr int64_t kAny = std::numeric_limits<int64_t>::max();  // CheckConfig knows the limits
constexpr int64_t kDefaultClasses = 1000;

// An argument of timm's ConvNeXt constructor with the values, as a JSON list, under which the model is the supported
// one.
struct FixedArgument {
  std::string_view name;
  std::string_view accepted;
  std::string_view meaning;
};
constexpr FixedArgument kFixedArguments[] = {
    {"in_chans", "[3]", "other than three input channels"},
    {"output_stride", "[32]", "dilation"},
    {"kernel_sizes", "[7, [7, 7, 7, 7]]", "another size of the depthwise kernels"},
    {"stem_type", R"(["patch"])", "an overlapping stem"},
    {"patch_size", "[4]", "another patch size"},
    {"head_norm_first", "[false]", "the norm before the pooling"},
    {"conv_mlp", "[false]", "the convolutional MLP"},
    {"conv_bias", "[true]", "convolutions without bias"},
    {"use_grn", "[false]", "global response normalisation (ConvNeXt V2)"},
    {"norm_layer", R"(["layernorm", "layernorm2d"])", "another norm"},
    {"features_only", "[false]", "feature maps in place of an embedding"},
};

// Arguments that are read, or that matter only for training.
constexpr std::string_view kOtherArguments[] = {"depths",          "dims",           "num_classes", "head_hidden_size",
                                                "norm_eps",        "ls_init_value",  "act_layer",   "global_pool",
                                                "head_init_scale", "drop_path_rate", "drop_rate"};

bool IsOneOf(const Json& value, std::string_view accepted) {
  const Json list = Json::parse(accepted);
  return std::find(list.begin(), list.end(), value) != list.end();
}

Status CheckArgument(const std::string& name, const Json& value) {
  if (std::find(std::begin(kOtherArguments), std::end(kOtherArguments), name) != std::end(kOtherArguments)) return {};
  for (const FixedArgument& fixed : kFixedArguments) {
    if (fixed.name != name) continue;
    if (value.is_null() || IsOneOf(value, fixed.accepted)) return {};
    return Invalid("\"model_args.{}\" is {}: {} is not supported; use a model where it is one of {}", name,
                   Printable(value.dump(), 60), fixed.meaning, fixed.accepted);
  }
  return Invalid("\"model_args.{}\" is not supported; use a model without it", Printable(name, 60));
}

// timm: the arguments of the constructor that differ from those of the architecture.
Status ReadModelArgs(const Json& root, FieldReader fields, ModelConfig& config) {
  if (!fields.status().ok() || !root.contains("model_args") || root["model_args"].is_null()) return fields.status();
  const Json& arguments = root["model_args"];
  for (const auto& item : arguments.items()) {
    CONVNEXT_RETURN_IF_ERROR(CheckArgument(item.key(), item.value()));
  }
  if (arguments.contains("head_hidden_size")) config.head_hidden_size = 0;  // null: none
  if (arguments.contains("norm_eps")) config.layer_norm_eps = 1e-6;         // null: the norm's own
  if (arguments.contains("ls_init_value") && arguments["ls_init_value"].is_null()) {
    fields.Fail("ls_init_value", "(no layer scale) is not supported; use a model that has it");
  }
  fields.Integers("depths", -kAny, kAny, config.depths);
  fields.Integers("dims", -kAny, kAny, config.dims);
  fields.Integer("head_hidden_size", -kAny, kAny, config.head_hidden_size);
  fields.Number("norm_eps", 0, 1, config.layer_norm_eps);
  fields.ChoiceOfAnyCase<Activation>("act_layer", kActivations, config.activation);
  fields.ChoiceOfAnyCase<Pooling>("global_pool", kPoolings, config.pooling);
  if (fields.Has("num_classes")) config.assumes_num_classes = false;
  fields.Integer("num_classes", -kAny, kAny, config.num_classes);
  return fields.status();
}

// [channels, height, width].
void ReadInputSize(FieldReader& fields, ImageSize& image_size) {
  if (!fields.Has("input_size")) return;
  std::array<double, 3> size;
  fields.Numbers("input_size", 3, kMaxImageSize, size);
  if (!fields.status().ok()) return;
  const ImageSize read = {static_cast<int64_t>(size[1]), static_cast<int64_t>(size[2])};
  const bool whole = static_cast<double>(read.height) == size[1] && static_cast<double>(read.width) == size[2];
  if (size[0] == 3 && whole && kImageSizes.Contains(read.height) && kImageSizes.Contains(read.width)) {
    image_size = read;
  } else {
    fields.Fail("input_size", fmt::format("is not supported; expected [3, height, width], each from {} to {}",
                                          kMinImageSize, kMaxImageSize));
  }
}

void ReadCropPct(FieldReader& fields, double& crop_pct) {
  const Json* json = fields.FindTrue("crop_pct");
  if (json == nullptr) return;
  if (json->is_boolean()) {
    crop_pct = 1;  // Python's True
  } else {
    fields.Number("crop_pct", 1e-4, 1e4, crop_pct);
  }
}

// timm has "center" for every mode that it does not know.
void ReadCropMode(const FieldReader& fields, ModelConfig& config) {
  const Json* json = fields.FindTrue("crop_mode");
  if (json == nullptr) return;
  for (const NamedValue<CropMode>& mode : kCropModes) {
    if (*json == mode.name) config.preprocessing.crop_mode = mode.value;
    if (*json == mode.name) return;
  }
  config.notes.push_back(
      fmt::format("timm knows no crop_mode {} and has \"center\" in its place", Printable(json->dump(), 60)));
}

// timm's pretrained_cfg (timm/models/_pretrained.py, timm/data/config.py), as far as the evaluation transform uses it.
Status ReadPretrainedCfg(FieldReader fields, FieldReader root, ModelConfig& config) {
  config.preprocessing = TimmPreprocessing();
  Preprocessing& preprocessing = config.preprocessing;
  NoteDefaults(fields, {"input_size", "interpolation", "crop_pct", "mean", "std"},
               "timm's defaults stand for it (224x224, bicubic, 0.875, ImageNet's mean and std)", config);
  ReadInputSize(fields, preprocessing.image_size);
  ReadCropPct(fields, preprocessing.crop_pct);
  ReadCropMode(fields, config);
  fields.Choice<Interpolation>("interpolation", kInterpolations, preprocessing.interpolation);
  ReadColours(fields, preprocessing);
  if (preprocessing.crop_mode == CropMode::kBorder) {
    preprocessing.fill = BorderColour(preprocessing.mean);
    ReadFill(root, preprocessing.fill);
  }
  CONVNEXT_RETURN_IF_ERROR(root.status());
  return fields.status();
}

// Reads num_classes where timm does: the outermost, null or not, goes before the one of the pretrained_cfg. Nothing, or
// a negative number, is the constructor's own.
Status ReadNumClasses(const Json& json, const FieldReader& root, const FieldReader& pretrained, ModelConfig& config) {
  config.num_classes = -1;
  FieldReader fields = json.contains("num_classes") ? root : pretrained;
  fields.Integer("num_classes", -kAny, kAny, config.num_classes);
  config.assumes_num_classes = config.num_classes < 0;
  if (config.assumes_num_classes) config.num_classes = kDefaultClasses;
  return fields.status();
}

// Where the model has another number of classes than its weights, timm drops the head's weights and leaves the head as
// it was made, at random (timm/models/_builder.py, load_pretrained).
Status CheckClassifier(const Json& json, const FieldReader& root, const FieldReader& pretrained, ModelConfig& config) {
  const Json* classifier = pretrained.Find("classifier");
  const Json names = classifier == nullptr    ? Json::array()
                     : classifier->is_array() ? *classifier
                                              : Json::array({*classifier});
  if (std::find(names.begin(), names.end(), "head.fc") == names.end()) return {};
  int64_t label_offset = 0, of_weights = kDefaultClasses;
  FieldReader fields = json.contains("num_classes") ? root : pretrained;
  fields.Integer("num_classes", -kAny, kAny, of_weights);
  FieldReader offset = pretrained;
  offset.Integer("label_offset", -kAny, kAny, label_offset);
  CONVNEXT_RETURN_IF_ERROR(offset.status());
  CONVNEXT_RETURN_IF_ERROR(fields.status());
  const int64_t of_model = config.num_classes;
  if (of_model == of_weights && label_offset > 0)
    return Invalid("\"label_offset\" is {}: weights with a class that is left out are not supported", label_offset);
  if (of_model == of_weights) return {};
  config.drops_classifier = of_model == 0;
  if (config.drops_classifier) return {};
  return Invalid(
      "the model has {} classes and its weights have {}: timm would leave the head's weights out and make others at "
      "random; set both num_classes to the number that the weights' head.fc has, or \"classifier\" to null",
      of_model, of_weights);
}

// The architecture with its tag, which stands in the pretrained_cfg or, in older files, behind the architecture's name.
Result<ModelConfig> ReadArchitecture(FieldReader root, const FieldReader& pretrained) {
  std::string name;
  root.Text("architecture", name);
  CONVNEXT_RETURN_IF_ERROR(root.status());
  CONVNEXT_RETURN_IF_ERROR(pretrained.status());
  auto config = ArchitectureOf(name);
  const Json* tag = pretrained.Find("tag");
  if (config.ok() && config->tag.empty() && tag != nullptr && tag->is_string())
    config->tag = TagLabel(tag->get_ref<const std::string&>());
  return config;
}

// timm writes the pooling beside model_args, and does not read it there (1.0.31).
void NotePooling(const FieldReader& root, ModelConfig& config) {
  const Json* json = root.FindTrue("global_pool");
  if (json == nullptr) return;
  for (const NamedValue<Pooling>& pooling : kPoolings) {
    if (*json == pooling.name && pooling.value == config.pooling) return;
  }
  config.notes.push_back(fmt::format(
      "the config's global_pool is {}, which timm does not read outside \"model_args\": the pooling is \"{}\"",
      Printable(json->dump(), 60), NameOf(kPoolings, config.pooling)));
}

}  // namespace

Preprocessing TimmPreprocessing() {
  return {.image_size = {224, 224},
          .crop_pct = 0.875,
          .crop_mode = CropMode::kCenter,
          .interpolation = Interpolation::kBicubic,
          .fill = {},
          .mean = {0.485, 0.456, 0.406},
          .std = {0.229, 0.224, 0.225}};
}

Result<ModelConfig> ParseTimmConfig(const Json& json) {
  const FieldReader root(json, "");
  // Older configs have the fields of pretrained_cfg in the outermost object (timm/models/_hub.py, _parse_model_cfg).
  const FieldReader pretrained = json.contains("pretrained_cfg") ? root.Object("pretrained_cfg") : root;
  CONVNEXT_ASSIGN_OR_RETURN(auto config, ReadArchitecture(root, pretrained));
  CONVNEXT_RETURN_IF_ERROR(ReadNumClasses(json, root, pretrained, config));
  CONVNEXT_RETURN_IF_ERROR(ReadPretrainedCfg(pretrained, root, config));
  CONVNEXT_RETURN_IF_ERROR(ReadModelArgs(json, root.Object("model_args"), config));
  CONVNEXT_RETURN_IF_ERROR(CheckClassifier(json, root, pretrained, config));
  config.is_timms = true;
  NotePooling(root, config);
  return config;
}

}  // namespace convnext
