#include "convnext/model/tensor_names.h"

#include <algorithm>
#include <optional>

#include "convnext/config/config.h"

namespace convnext {
namespace {

// The names by which other libraries' ConvNeXts are known.
struct ForeignNames {
  std::string_view ending, library;
};
constexpr ForeignNames kForeignNames[] = {
    {"features.0.0.weight", "torchvision"},
    {"embeddings.patch_embeddings.weight", "the library transformers"},
    {"stem_0.weight", "timm's feature extractor (features_only)"},
};
constexpr std::string_view kUseOtherNames =
    "which is not read; use weights with timm's, open_clip's or Facebook's names";

// The dimension of a tensor, if there is one of that rank.
std::optional<int64_t> Dimension(const StoredTensor* tensor, size_t rank) {
  if (tensor == nullptr || tensor->shape.size() != rank) return std::nullopt;
  return tensor->shape[0];
}

}  // namespace

std::string NearMissText(const Checkpoint& file, const Place& place, const std::vector<std::string>& names) {
  const StoredTensor* miss = FindNearMiss(file, place, names);
  if (miss == nullptr) return {};
  return fmt::format(
      "; the file has \"{}\", but the other tensors have {}", Printable(miss->name, 80),
      place.prefix.empty() ? "no prefix" : fmt::format("the prefix \"{}\"", Printable(place.prefix, 60)));
}

Status NoConvNeXt(const Checkpoint& file) {
  const auto& tensors = file.tensors();
  for (const ForeignNames& foreign : kForeignNames) {
    const bool found = std::any_of(tensors.begin(), tensors.end(),
                                   [&](const StoredTensor* tensor) { return tensor->name.ends_with(foreign.ending); });
    if (!found) continue;
    return Invalid("a tensor is named as {} does it (...{}), {}", foreign.library, foreign.ending, kUseOtherNames);
  }
  return Invalid(
      "no weights of a ConvNeXt: neither timm's stem.0.weight, nor open_clip's visual.trunk.stem.0.weight, nor "
      "Facebook's downsample_layers.0.0.weight, with or without a prefix, among {}{}; give a ConvNeXt image tower",
      Pluralize(tensors.size(), "tensor"),
      tensors.empty() ? "" : fmt::format(" (the first is \"{}\")", Printable(tensors.front()->name)));
}

Status CheckVariant(const Checkpoint& file, const Place& place) {
  const auto has = [&](const std::string& name) { return FindTensor(file, place, name) != nullptr; };
  const auto any = [&](std::string_view part) {
    return std::any_of(file.tensors().begin(), file.tensors().end(), [&](const StoredTensor* tensor) {
      return IsInside(place, tensor->name) && tensor->name.find(part) != std::string::npos;
    });
  };
  constexpr std::string_view kUseAnother = "use a ConvNeXt V1 such as convnext_base";
  if (any(".grn.")) {
    return Invalid("the tensors mlp.grn.* are those of a ConvNeXt V2 (GRN), which is not supported; {}", kUseAnother);
  }
  if (any(".depthwise_conv.")) {
    return Invalid("the tensors are named as OpenMMLab does it (depthwise_conv), {}", kUseOtherNames);
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
  if (Dimension(FindTensor(file, place, "stages.0.blocks.0.mlp.fc1.weight"), 4)) {
    return Invalid(
        "mlp.fc1.weight has four dimensions, as with the convolutional MLP (conv_mlp), which is not supported; "
        "{}",
        kUseAnother);
  }
  return {};
}

int64_t InferClasses(const Checkpoint& file, const Place& place) {
  constexpr const char* kName = "head.fc.weight";
  const StoredTensor* own = FindTensor(file, place, kName);
  return Dimension(own != nullptr ? own : FindNearMiss(file, place, StoredNames(place, kName)), 2).value_or(0);
}

Result<ModelConfig> InferConfig(const Checkpoint& file, const Place& place) {
  ModelConfig config;
  for (size_t s = 0; s < 4; ++s) {
    const auto block = [&](int64_t b) { return fmt::format("stages.{}.blocks.{}.conv_dw.weight", s, b); };
    const auto dim = Dimension(FindTensor(file, place, block(0)), 4);
    if (!dim) {
      const auto names = StoredNames(place, block(0));
      return Invalid("no tensor {} of shape [channels, 1, 7, 7]: the depths and dims cannot be told{}",
                     Printable(names.front(), 100), NearMissText(file, place, names));
    }
    config.dims[s] = *dim;
    config.depths[s] = 1;
    while (FindTensor(file, place, block(config.depths[s])) != nullptr) ++config.depths[s];
  }
  config.num_classes = InferClasses(file, place);
  config.head_hidden_size = Dimension(FindTensor(file, place, "head.pre_logits.fc.weight"), 2).value_or(0);
  config.architecture = MatchArchitecture(config).name;
  const bool open_clip = place.scheme == NamingScheme::kOpenClip;
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
