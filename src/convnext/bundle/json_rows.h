#pragma once

#include <nlohmann/json_fwd.hpp>

namespace convnext {

// The scalars and short arrays of a JSON document, one after the other, as rows {"metric", "value"}: the path of the
// value ("per_image_results[0].mse") and its text, null where there is none. Left out is what no table can hold: arrays
// of more than 16 scalars, raw times ("times_ns", "warmup_ns") and texts of several lines or more than 300 bytes.
nlohmann::ordered_json JsonRows(const nlohmann::ordered_json& document);

}  // namespace convnext
