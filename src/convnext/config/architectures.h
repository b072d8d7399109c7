#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "convnext/base/base.h"
#include "convnext/config/model_config.h"

namespace convnext {

// An entry point of timm/models/convnext.py that is supported.
struct Architecture {
  std::string_view name;
  std::array<int64_t, 4> depths;
  std::array<int64_t, 4> dims;
  int64_t head_hidden_size = 0;
  int64_t num_classes = 0;  // where a name without a tag is given: the width of open_clip's embedding
  double layer_norm_eps = 1e-6;
  Activation activation = Activation::kGelu;
};

// nullptr if it is unknown.
const Architecture* FindArchitecture(std::string_view name);

// The known architecture of these sizes; the plain "convnext" if there is none.
const Architecture& MatchArchitecture(const ModelConfig& config);

}  // namespace convnext
