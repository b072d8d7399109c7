#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "convnext/base/base.h"
#include "convnext/image/image.h"
#include "convnext/tensor/tensor.h"

namespace convnext {

// The smallest height and width that the stem and three halvings leave a pixel of, and a limit on the memory.
inline constexpr int64_t kMinImageSize = 32;
inline constexpr int64_t kMaxImageSize = 8192;
inline constexpr Bounds<int64_t> kImageSizes{kMinImageSize, kMaxImageSize};

// The size nearest to one that a record from elsewhere claims.
inline ImageSize WithinLimits(const ImageSize& size) {
  return {std::clamp(size.height, kMinImageSize, kMaxImageSize), std::clamp(size.width, kMinImageSize, kMaxImageSize)};
}

// How the last feature map becomes one row, before the head's norm. kAverageAndMaximum: half the sum of the two.
enum class Pooling { kAverage, kMaximum, kAverageAndMaximum };

// The supported arguments of timm's ConvNeXt constructor: patch stem, 7x7 depthwise blocks with layer scale, head norm
// after the pooling.
struct ConvNeXtConfig {
  std::string architecture = "convnext_base";  // timm's name, without the tag
  std::string tag;                             // "clip_laion2b"; empty if the config names none
  std::array<int64_t, 4> depths = {3, 3, 27, 3};
  std::array<int64_t, 4> dims = {128, 256, 512, 1024};
  int64_t num_classes = 640;     // width of the embedding; 0: no head.fc, the embedding is what it would read
  int64_t head_hidden_size = 0;  // width of head.pre_logits; 0: none
  double layer_norm_eps = 1e-6;
  Activation activation = Activation::kGelu;  // of the blocks; the head's hidden layer has GELU
  Pooling pooling = Pooling::kAverage;
  bool is_timms = false;             // read from a config of timm's: what timm does with weights counts
  bool drops_classifier = false;     // num_classes is 0 beside weights with a head.fc, which timm then leaves out
  bool assumes_num_classes = false;  // nothing says num_classes: the width of the weights' head.fc counts
  std::vector<std::string> notes;    // what was assumed, for the user: "no config.json: LayerNorm eps 1e-6 ..."

  std::string name() const { return tag.empty() ? architecture : architecture + "." + tag; }
  int64_t embedding_dim() const {
    return num_classes > 0 ? num_classes : head_hidden_size > 0 ? head_hidden_size : dims[3];
  }
};

// A network and how pictures are made ready for it.
struct ModelConfig : ConvNeXtConfig {
  Preprocessing preprocessing;
};

// The defaults of timm's PretrainedCfg and of open_clip's CLIPVisionCfg and PreprocessCfg.
Preprocessing TimmPreprocessing();
Preprocessing OpenClipPreprocessing();

// The config of a known timm architecture, "convnext_base" or "convnext_base.clip_laion2b"; kInvalid, with what to do,
// for unsupported ones (GRN, overlap stems, head_norm_first, conv_mlp) and unknown ones (the known are listed).
Result<ModelConfig> ArchitectureConfig(std::string_view name);

// The same without the tag's own: the sizes of an architecture, by its name or one that timm has deprecated, and the
// tag as its label.
Result<ModelConfig> ArchitectureOf(std::string_view name);

// Parses timm's config.json or open_clip's open_clip_config.json (told by their content). `source` names it in
// messages.
Result<ModelConfig> ParseConfig(std::string_view text, const std::string& source);

// timm's names.
std::string_view Name(CropMode mode);
std::string_view Name(Interpolation interpolation);
std::string_view Name(Activation activation);
std::string_view Name(Pooling pooling);

// timm's config.json for `config`; ParseConfig gives the same config back.
std::string ConfigJson(const ModelConfig& config);

// kInvalid if depths, dims or the head are outside what is supported. ParseConfig has checked it; for a config that was
// put together otherwise.
Status CheckConfig(const ConvNeXtConfig& config);

}  // namespace convnext
