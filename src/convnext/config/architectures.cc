#include "convnext/config/architectures.h"

#include <algorithm>

#include "convnext/config/config_parts.h"

namespace convnext {
namespace {

// timm/models/convnext.py; the embedding's widths from open_clip's model_configs/convnext_*.json, else timm's default.
constexpr Architecture kArchitectures[] = {
    {"convnext_tiny", {3, 3, 9, 3}, {96, 192, 384, 768}, 0, 1024},
    {"convnext_small", {3, 3, 27, 3}, {96, 192, 384, 768}, 0, 512},
    {"convnext_base", {3, 3, 27, 3}, {128, 256, 512, 1024}, 0, 640},
    {"convnext_large", {3, 3, 27, 3}, {192, 384, 768, 1536}, 0, 768},
    {"convnext_large_mlp", {3, 3, 27, 3}, {192, 384, 768, 1536}, 1536, 768},
    {"convnext_xlarge", {3, 3, 27, 3}, {256, 512, 1024, 2048}, 0, 1000},
    {"convnext_xxlarge", {3, 4, 30, 3}, {384, 768, 1536, 3072}, 0, 1024, 1e-5},
    {"test_convnext", {1, 2, 4, 2}, {24, 32, 48, 64}, 0, 1000, 1e-5, Activation::kGeluTanh},
    {"test_convnext2", {1, 1, 1, 1}, {32, 64, 96, 128}, 0, 1000, 1e-5, Activation::kGeluTanh},
    // No entry point: the class itself with its defaults, for depths and dims of one's own. The last one.
    {"convnext", {3, 3, 9, 3}, {96, 192, 384, 768}, 0, 1000},
};

// timm's pretrained CLIP image towers: what their pretrained_cfg says beside CLIP's mean and std.
struct PretrainedTag {
  std::string_view name;
  int image_size;
  int64_t num_classes;
  CropMode crop_mode = CropMode::kCenter;
};
constexpr PretrainedTag kPretrainedTags[] = {
    {"convnext_base.clip_laion2b", 256, 640},
    {"convnext_base.clip_laion2b_augreg", 256, 640},
    {"convnext_base.clip_laiona", 256, 640},
    {"convnext_base.clip_laiona_320", 320, 640},
    {"convnext_base.clip_laiona_augreg_320", 320, 640},
    {"convnext_large_mlp.clip_laion2b_augreg", 256, 768},
    {"convnext_large_mlp.clip_laion2b_ft_320", 320, 768},
    {"convnext_large_mlp.clip_laion2b_ft_soup_320", 320, 768},
    {"convnext_xxlarge.clip_laion2b_soup", 256, 1024},
    {"convnext_xxlarge.clip_laion2b_rewind", 256, 1024},
    {"convnext_base.clip_laion2b_augreg_ft_in12k", 256, 11821},
    {"convnext_large_mlp.clip_laion2b_soup_ft_in12k_320", 320, 11821},
    {"convnext_large_mlp.clip_laion2b_augreg_ft_in12k_384", 384, 11821, CropMode::kSquash},
    {"convnext_large_mlp.clip_laion2b_soup_ft_in12k_384", 384, 11821, CropMode::kSquash},
    {"convnext_xxlarge.clip_laion2b_soup_ft_in12k", 256, 11821},
    {"convnext_base.clip_laion2b_augreg_ft_in1k", 256, 1000},
    {"convnext_base.clip_laiona_augreg_ft_in1k_384", 384, 1000},
    {"convnext_base.clip_laion2b_augreg_ft_in12k_in1k", 256, 1000},
    {"convnext_base.clip_laion2b_augreg_ft_in12k_in1k_384", 384, 1000, CropMode::kSquash},
    {"convnext_large_mlp.clip_laion2b_augreg_ft_in1k", 256, 1000},
    {"convnext_large_mlp.clip_laion2b_augreg_ft_in1k_384", 384, 1000, CropMode::kSquash},
    {"convnext_large_mlp.clip_laion2b_soup_ft_in12k_in1k_320", 320, 1000},
    {"convnext_large_mlp.clip_laion2b_soup_ft_in12k_in1k_384", 384, 1000, CropMode::kSquash},
    {"convnext_xxlarge.clip_laion2b_soup_ft_in1k", 256, 1000},
};

// timm's register_model_deprecations: the names of 2022, and what stands for them now.
struct Deprecated {
  std::string_view name;
  std::string_view now;
};
constexpr Deprecated kDeprecated[] = {
    {"convnext_tiny_in22ft1k", "convnext_tiny.fb_in22k_ft_in1k"},
    {"convnext_small_in22ft1k", "convnext_small.fb_in22k_ft_in1k"},
    {"convnext_base_in22ft1k", "convnext_base.fb_in22k_ft_in1k"},
    {"convnext_large_in22ft1k", "convnext_large.fb_in22k_ft_in1k"},
    {"convnext_xlarge_in22ft1k", "convnext_xlarge.fb_in22k_ft_in1k"},
    {"convnext_tiny_384_in22ft1k", "convnext_tiny.fb_in22k_ft_in1k_384"},
    {"convnext_small_384_in22ft1k", "convnext_small.fb_in22k_ft_in1k_384"},
    {"convnext_base_384_in22ft1k", "convnext_base.fb_in22k_ft_in1k_384"},
    {"convnext_large_384_in22ft1k", "convnext_large.fb_in22k_ft_in1k_384"},
    {"convnext_xlarge_384_in22ft1k", "convnext_xlarge.fb_in22k_ft_in1k_384"},
    {"convnext_tiny_in22k", "convnext_tiny.fb_in22k"},
    {"convnext_small_in22k", "convnext_small.fb_in22k"},
    {"convnext_base_in22k", "convnext_base.fb_in22k"},
    {"convnext_large_in22k", "convnext_large.fb_in22k"},
    {"convnext_xlarge_in22k", "convnext_xlarge.fb_in22k"},
};

// ConvNeXt variants that are not supported, by how their names begin or end.
struct Unsupported {
  std::string_view part;
  std::string_view reason;
};
constexpr Unsupported kUnsupported[] = {
    {"convnextv2_", "ConvNeXt V2: global response normalisation (GRN) is not supported"},
    {"convnext_zepto", "its convolutional MLP and its norm without mean are not supported"},
    {"_ols", "the overlapping stem (stem_type \"overlap...\") is not supported"},
    {"_hnf", "the norm before the pooling (head_norm_first) is not supported"},
    {"convnext_atto", "the convolutional MLP (conv_mlp) is not supported"},
    {"convnext_femto", "the convolutional MLP (conv_mlp) is not supported"},
    {"convnext_pico", "the convolutional MLP (conv_mlp) is not supported"},
    {"convnext_nano", "the convolutional MLP (conv_mlp) is not supported"},
    {"test_convnext3", "depthwise kernels of other sizes than 7x7 are not supported"},
};

std::string KnownArchitectures() {
  std::string names;
  for (const Architecture& known : kArchitectures) names += fmt::format("{}{}", names.empty() ? "" : ", ", known.name);
  return names;
}

Status UnknownArchitecture(std::string_view name) {
  for (const Unsupported& unsupported : kUnsupported) {
    if (!name.starts_with(unsupported.part) && !name.ends_with(unsupported.part)) continue;
    return Invalid("the architecture \"{}\": {}; use one of {}", Printable(name, 80), unsupported.reason,
                   KnownArchitectures());
  }
  return Invalid("unknown architecture \"{}\"; known are {}", Printable(name, 80), KnownArchitectures());
}

Status UnknownTag(std::string_view architecture, std::string_view tag) {
  std::string tags;
  for (const PretrainedTag& known : kPretrainedTags) {
    if (known.name.starts_with(fmt::format("{}.", architecture))) {
      tags += fmt::format("{}{}", tags.empty() ? "" : ", ", known.name.substr(architecture.size() + 1));
    }
  }
  return Invalid("{} has no pretrained tag \"{}\"; known are: {}", architecture, Printable(tag, 80),
                 tags.empty() ? "none" : tags);
}

}  // namespace

const Architecture* FindArchitecture(std::string_view name) {
  const auto found = std::find_if(std::begin(kArchitectures), std::end(kArchitectures),
                                  [&](const Architecture& known) { return known.name == name; });
  return found == std::end(kArchitectures) ? nullptr : found;
}

const Architecture& MatchArchitecture(const ModelConfig& config) {
  const auto same = [&](const Architecture& known, int64_t hidden) {
    return known.depths == config.depths && known.dims == config.dims && known.head_hidden_size == hidden;
  };
  for (const int64_t hidden : {config.head_hidden_size, int64_t{0}}) {
    for (const Architecture& known : kArchitectures) {
      if (same(known, hidden)) return known;
    }
  }
  return *std::rbegin(kArchitectures);
}

Result<ModelConfig> ArchitectureOf(std::string_view name) {
  for (const Deprecated& deprecated : kDeprecated) {
    if (deprecated.name == name.substr(0, name.find('.'))) name = deprecated.now;
  }
  const size_t dot = std::min(name.find('.'), name.size());
  const Architecture* known = FindArchitecture(name.substr(0, dot));
  if (known == nullptr) return UnknownArchitecture(name.substr(0, dot));
  ModelConfig config;
  config.architecture = known->name;
  if (dot < name.size()) config.tag = TagLabel(name.substr(dot + 1));
  config.depths = known->depths;
  config.dims = known->dims;
  config.head_hidden_size = known->head_hidden_size;
  config.num_classes = known->num_classes;
  config.layer_norm_eps = known->layer_norm_eps;
  config.activation = known->activation;
  return config;
}

Result<ModelConfig> ArchitectureConfig(std::string_view name) {
  auto config = ArchitectureOf(name);
  if (!config.ok() || config->tag.empty()) return config;
  const std::string full_name = config->name();
  for (const PretrainedTag& tag : kPretrainedTags) {
    if (tag.name != full_name) continue;
    config->num_classes = tag.num_classes;
    config->preprocessing.image_size = {tag.image_size, tag.image_size};
    config->preprocessing.crop_mode = tag.crop_mode;
    return config;
  }
  return UnknownTag(config->architecture, config->tag);
}

}  // namespace convnext
