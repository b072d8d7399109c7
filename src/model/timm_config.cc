// timm's config.json (timm/models/_hub.py, save_config_for_hf and _parse_model_cfg).
#include <limits>

#include "model/config_parts.h"

namespace convnext {
namespace {

// An argument of timm's ConvNeXt constructor with the values, as a JSON list, under which the model is the supported
// one.
struct FixedArgument {
  std::string_view name;
  std::string_view accepted;
  std::string_view meaning;
};
constexpr FixedArgument kFixedArguments[] = {
    {"in_chans", "[3]", "other than three input channels"},
    {"global_pool", R"(["avg"])", "another pooling"},
    {"output_stride", "[32]", "dilation"},
    {"kernel_sizes", "[7, [7, 7, 7, 7]]", "another size of the depthwise kernels"},
    {"stem_type", R"(["patch"])", "an overlapping stem"},
    {"patch_size", "[4]", "another patch size"},
    {"head_norm_first", "[false]", "the norm before the pooling"},
    {"conv_mlp", "[false]", "the convolutional MLP"},
    {"conv_bias", "[true]", "convolutions without bias"},
    {"use_grn", "[false]", "global response normalisation (ConvNeXt V2)"},
    {"act_layer", R"(["gelu"])", "another activation"},
    {"norm_layer", R"(["layernorm", "layernorm2d"])", "another norm"},
};

// Arguments that are read, or that matter only for training.
constexpr std::string_view kOtherArguments[] = {"depths",           "dims",      "num_classes",
                                                "head_hidden_size", "norm_eps",  "ls_init_value",
                                                "head_init_scale",  "drop_rate", "drop_path_rate"};

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
Status ReadModelArgs(const Json& root, FieldReader fields, ConvNeXtConfig& config) {
  if (!fields.status().ok() || !root.contains("model_args") || root["model_args"].is_null()) return fields.status();
  const Json& arguments = root["model_args"];
  for (const auto& item : arguments.items()) {
    CONVNEXT_RETURN_IF_ERROR(CheckArgument(item.key(), item.value()));
  }
  constexpr int64_t kAny = std::numeric_limits<int64_t>::max();             // CheckConfig knows the limits
  if (arguments.contains("head_hidden_size")) config.head_hidden_size = 0;  // null: none
  if (arguments.contains("ls_init_value") && arguments["ls_init_value"].is_null()) {
    fields.Fail("ls_init_value", "(no layer scale) is not supported; use a model that has it");
  }
  fields.Integers("depths", -kAny, kAny, config.depths);
  fields.Integers("dims", -kAny, kAny, config.dims);
  fields.Integer("num_classes", -kAny, kAny, config.num_classes);
  fields.Integer("head_hidden_size", -kAny, kAny, config.head_hidden_size);
  fields.Number("norm_eps", 1e-12, 1, config.layer_norm_eps);
  return fields.status();
}

// timm's pretrained_cfg (timm/models/_pretrained.py), as far as the evaluation transform uses it.
Status ReadPretrainedCfg(FieldReader fields, ConvNeXtConfig& config) {
  Preprocessing& preprocessing = config.preprocessing;
  std::array<int64_t, 3> size = {3, preprocessing.image_size, preprocessing.image_size};  // channels, height, width
  fields.Integers("input_size", 3, kMaxImageSize, size);
  if (size[0] != 3 || size[1] != size[2] || size[1] < kMinImageSize) {
    fields.Fail("input_size",
                fmt::format("is not supported; expected [3, n, n] with n from {} to {}", kMinImageSize, kMaxImageSize));
  }
  fields.Choice<CropMode>("crop_mode", kCropModes, preprocessing.crop_mode);
  fields.Number("crop_pct", 0.01, 1, preprocessing.crop_pct);
  ReadColours(fields, preprocessing);
  if (fields.status().ok()) preprocessing.image_size = static_cast<int>(size[1]);
  return fields.status();
}

// The architecture with its tag, which stands in the pretrained_cfg or, in older files, behind the architecture's name.
Result<ConvNeXtConfig> ReadArchitecture(FieldReader root, FieldReader pretrained) {
  std::string name, tag;
  root.Text("architecture", name);
  pretrained.Text("tag", tag);
  for (const FieldReader* reader : {&root, &pretrained}) {
    if (!reader->status().ok()) return reader->status();
  }
  const size_t dot = std::min(name.find('.'), name.size());
  if (dot < name.size()) tag = name.substr(dot + 1);
  const auto known = ArchitectureConfig(fmt::format("{}.{}", name.substr(0, dot), tag));
  auto config = known.ok() ? known : ArchitectureConfig(name.substr(0, dot));
  const bool printable = tag.size() <= 100 && std::all_of(tag.begin(), tag.end(), IsNameCharacter);
  if (!printable)
    return Invalid("the tag \"{}\" is no tag of timm's: letters, digits and _-. only", Printable(tag, 100));
  if (config.ok()) config->tag = tag;
  return config;
}

}  // namespace

Result<ConvNeXtConfig> ParseTimmConfig(const Json& json) {
  FieldReader root(json, "");
  // Older configs have the fields of pretrained_cfg in the outermost object (timm/models/_hub.py, _parse_model_cfg).
  const FieldReader pretrained = root.Has("pretrained_cfg") ? root.Object("pretrained_cfg") : root;
  auto config = ReadArchitecture(root, pretrained);
  if (!config.ok()) return config;

  constexpr int64_t kAny = std::numeric_limits<int64_t>::max();
  FieldReader inner = pretrained;
  inner.Integer("num_classes", -kAny, kAny, config->num_classes);
  if (!inner.status().ok()) return inner.status();
  root.Integer("num_classes", -kAny, kAny, config->num_classes);
  constexpr NamedValue<bool> kPooling[] = {{"avg", true}};
  bool pooled = true;
  root.Choice<bool>("global_pool", kPooling, pooled);
  if (!root.status().ok()) return root.status();
  NoteDefaults(pretrained, {"input_size", "interpolation", "crop_pct", "mean", "std"}, *config);
  CONVNEXT_RETURN_IF_ERROR(ReadPretrainedCfg(pretrained, *config));
  CONVNEXT_RETURN_IF_ERROR(ReadModelArgs(json, root.Object("model_args"), *config));
  return config;
}

}  // namespace convnext
