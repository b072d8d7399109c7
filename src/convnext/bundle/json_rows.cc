#include "convnext/bundle/json_rows.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "convnext/base/base.h"
#include "convnext/bundle/markdown.h"

namespace convnext {
namespace {

using Json = nlohmann::ordered_json;

bool IsRawTimes(const std::string& metric) { return metric.ends_with("times_ns") || metric.ends_with("warmup_ns"); }

bool IsFlat(const Json& array) {
  return std::none_of(array.begin(), array.end(), [](const Json& element) { return element.is_structured(); });
}

bool FitsCell(const Json& value) {
  if (value.is_array()) return value.size() <= 16;
  return !value.is_string() || (value.get_ref<const std::string&>().size() <= 300 &&
                                value.get_ref<const std::string&>().find('\n') == std::string::npos);
}

void AddRow(const Json& value, const std::string& metric, Json& rows) {
  if (!FitsCell(value)) return;
  rows.push_back({{"metric", metric}, {"value", value.empty() ? Json() : Json(ValueText(value))}});
}

void AddRows(const Json& value, const std::string& metric, Json& rows) {
  if (IsRawTimes(metric)) return;
  if (value.is_object() && !value.empty()) {
    for (const auto& item : value.items()) {
      AddRows(item.value(), metric.empty() ? item.key() : metric + "." + item.key(), rows);
    }
  } else if (value.is_array() && !IsFlat(value)) {
    for (size_t i = 0; i < value.size(); ++i) AddRows(value[i], fmt::format("{}[{}]", metric, i), rows);
  } else {
    AddRow(value, metric, rows);
  }
}

}  // namespace

Json JsonRows(const Json& document) {
  Json rows = Json::array();
  AddRows(document, "", rows);
  return rows;
}

}  // namespace convnext
