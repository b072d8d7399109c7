// JSON from untrusted sources.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "convnext/base/base.h"

namespace convnext {

// Untrusted JSON may cost at most this.
struct JsonLimits {
  size_t bytes = size_t{16} << 20;
  size_t depth = 16;
};

// Parses JSON (RFC 8259) from an untrusted source. Refused: more than `limits`, a name that stands twice in an object,
// text after the value. The order of names is kept. Include <nlohmann/json.hpp> to use the value.
Result<nlohmann::ordered_json> ParseJson(std::string_view text, const JsonLimits& limits = {});

}  // namespace convnext
