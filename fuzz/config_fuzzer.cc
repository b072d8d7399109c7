// Any bytes as a config: read or refused; what is read is within the limits and survives being written and read again.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "convnext/config/config.h"
#include "target.h"

namespace {

using convnext::ModelConfig;
using convnext::Preprocessing;

bool IsSame(const Preprocessing& a, const Preprocessing& b) {
  return a.image_size == b.image_size && a.crop_pct == b.crop_pct && a.crop_mode == b.crop_mode &&
         a.interpolation == b.interpolation && a.mean == b.mean && a.std == b.std && a.fill == b.fill;
}

bool IsSame(const ModelConfig& a, const ModelConfig& b) {
  return a.name() == b.name() && a.depths == b.depths && a.dims == b.dims && a.num_classes == b.num_classes &&
         a.head_hidden_size == b.head_hidden_size && a.layer_norm_eps == b.layer_norm_eps &&
         a.activation == b.activation && a.pooling == b.pooling && IsSame(a.preprocessing, b.preprocessing);
}

}  // namespace

FUZZ_TARGET(config) {
  const auto config = convnext::ParseConfig({reinterpret_cast<const char*>(data), size}, "input");
  if (!config.ok()) {
    Require(config.status().code() == convnext::Code::kInvalid);
    Require(!config.status().message().empty() && config.status().message().size() < 2000);
    return 0;
  }
  Require(CheckConfig(*config).ok());
  Require(ParameterCount(*config) > 0 && config->embedding_dim() > 0);
  const auto again = convnext::ParseConfig(ConfigJson(*config), "written");
  Require(again.ok() && IsSame(*config, *again) && again->notes.empty());
  return 0;
}
