#include "model/tensor_names.h"

#include <algorithm>
#include <optional>

#include "model/architectures.h"
#include "model/config_parts.h"

namespace convnext {
namespace {

constexpr std::string_view kTrunk = "visual.trunk.";

// open_clip's names beside the trunk's (timm/models/convnext.py, checkpoint_filter_fn). The projection is timm's
// classifier; open_clip's "mlp" projection is timm's pre_logits with a classifier behind it.
struct Renaming {
  std::string_view from;
  std::string_view to;
};
constexpr Renaming kRenamings[] = {
    {"visual.head.proj.", "head.fc."},
    {"visual.head.mlp.fc1.", "head.pre_logits.fc."},
    {"visual.head.mlp.fc2.", "head.fc."},
    {kTrunk, ""},
};

// The text tower (open_clip/model.py): CLIP has it at the top, CustomTextCLIP under "text.".
constexpr std::string_view kTextTensors[] = {"logit_scale", "logit_bias", "positional_embedding", "text_projection",
                                             "attn_mask"};
constexpr std::string_view kTextModules[] = {"token_embedding.", "transformer.", "ln_final.", "text."};

bool IsText(std::string_view name) {
  return std::find(std::begin(kTextTensors), std::end(kTextTensors), name) != std::end(kTextTensors) ||
         std::any_of(std::begin(kTextModules), std::end(kTextModules),
                     [&](std::string_view module) { return name.starts_with(module); });
}

std::string FromOpenClip(const std::string& name) {
  for (const Renaming& renaming : kRenamings) {
    if (name.starts_with(renaming.from)) return std::string(renaming.to) + name.substr(renaming.from.size());
  }
  return name;
}

// The dimension of a tensor, if there is one of that rank.
std::optional<int64_t> Dimension(const NamedTensors& named, const std::string& name, size_t rank) {
  const auto place = named.tensors.find(name);
  if (place == named.tensors.end() || place->second->shape.size() != rank) return std::nullopt;
  return place->second->shape[0];
}

}  // namespace

NamedTensors NameTensors(const Safetensors& file) {
  NamedTensors named;
  const auto of_trunk = [](const StoredTensor& tensor) { return tensor.name.starts_with(kTrunk); };
  if (std::any_of(file.tensors().begin(), file.tensors().end(), of_trunk)) named.naming = NamingScheme::kOpenClip;
  for (const StoredTensor& tensor : file.tensors()) {
    const bool open_clip = named.naming == NamingScheme::kOpenClip;
    if (open_clip && IsText(tensor.name)) continue;
    const bool added = named.tensors.emplace(open_clip ? FromOpenClip(tensor.name) : tensor.name, &tensor).second;
    if (!added) named.tensors.emplace(tensor.name, &tensor);  // a second tensor for the same place: one too many
  }
  return named;
}

Status CheckVariant(const NamedTensors& named) {
  const auto has = [&](const std::string& name) { return named.tensors.contains(name); };
  const auto any = [&](std::string_view part) {
    return std::any_of(named.tensors.begin(), named.tensors.end(),
                       [&](const auto& entry) { return entry.first.find(part) != std::string::npos; });
  };
  constexpr std::string_view kUseAnother = "use a ConvNeXt V1 such as convnext_base";
  if (any(".grn.")) {
    return Invalid("the tensors mlp.grn.* are those of a ConvNeXt V2 (GRN), which is not supported; {}", kUseAnother);
  }
  if (has("downsample_layers.0.0.weight")) {
    return Invalid(
        "the tensors have Facebook's original names (downsample_layers.*); load the model with timm and save it "
        "from there");
  }
  if (has("norm_pre.weight")) {
    return Invalid(
        "the tensor norm_pre.weight is that of a ConvNeXt with the norm before the pooling (head_norm_first), "
        "which is not supported; {}",
        kUseAnother);
  }
  if (has("stem.2.weight") || has("stem.3.weight")) {
    return Invalid(
        "the tensors stem.2.* are those of an overlapping stem (stem_type \"overlap...\"), which is not "
        "supported; {}",
        kUseAnother);
  }
  if (Dimension(named, "stages.0.blocks.0.mlp.fc1.weight", 4)) {
    return Invalid(
        "mlp.fc1.weight has four dimensions, as with the convolutional MLP (conv_mlp), which is not supported; "
        "{}",
        kUseAnother);
  }
  if (!has("stem.0.weight") && !has("stages.0.blocks.0.conv_dw.weight")) {
    return Invalid(
        "no weights of a ConvNeXt: neither timm's stem.0.weight nor open_clip's visual.trunk.stem.0.weight among "
        "{}{}; give a ConvNeXt image tower",
        Pluralize(named.tensors.size(), "tensor"),
        named.tensors.empty() ? "" : fmt::format(" (the first is \"{}\")", Printable(named.tensors.begin()->first)));
  }
  return {};
}

Result<ConvNeXtConfig> InferConfig(const NamedTensors& named) {
  ConvNeXtConfig config;
  for (size_t s = 0; s < 4; ++s) {
    const auto block = [&](int64_t b) { return fmt::format("stages.{}.blocks.{}.conv_dw.weight", s, b); };
    const auto dim = Dimension(named, block(0), 4);
    if (!dim) return Invalid("no tensor {} of shape [channels, 1, 7, 7]: the depths and dims cannot be told", block(0));
    config.dims[s] = *dim;
    config.depths[s] = 1;
    while (named.tensors.contains(block(config.depths[s]))) ++config.depths[s];
  }
  config.num_classes = Dimension(named, "head.fc.weight", 2).value_or(0);
  config.head_hidden_size = Dimension(named, "head.pre_logits.fc.weight", 2).value_or(0);
  config.architecture = MatchArchitecture(config).name;
  const bool open_clip = named.naming == NamingScheme::kOpenClip;
  config.preprocessing = open_clip ? OpenClipPreprocessing() : TimmPreprocessing();
  config.notes = {fmt::format(
      "no config beside the weights: a LayerNorm eps of 1e-6 and {} are assumed; put the model's config.json beside it "
      "if it says otherwise",
      open_clip ? "open_clip's defaults (224x224, bicubic, CLIP's mean and std)"
                : "timm's defaults (224x224, bicubic, crop_pct 0.875, ImageNet's mean and std)")};
  CONVNEXT_RETURN_IF_ERROR(CheckConfig(config));
  return config;
}

}  // namespace convnext
