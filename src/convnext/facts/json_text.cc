#include "convnext/facts/json_text.h"

namespace convnext {

std::string JsonText(const nlohmann::ordered_json& json, int indent) {
  return json.dump(indent, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string PythonText(const nlohmann::ordered_json& value) {
  if (value.is_null()) return "None";
  if (value.is_boolean()) return value.get<bool>() ? "True" : "False";
  if (value.is_string()) return Printable(value.get_ref<const std::string&>(), 1000);
  if (!value.is_array()) return JsonText(value);
  std::string text;
  for (const auto& element : value) text += (text.empty() ? "" : ", ") + PythonText(element);
  return "[" + text + "]";
}

std::string NpuLine(std::string_view label, const DeviceFacts& device) {
  if (device.npu_count == 0) return fmt::format("{}: False\n", label);
  return fmt::format("{}: True ({}x {})\n", label, device.npu_count, device.npu_name.value_or("unknown"));
}

std::string LogLines(const nlohmann::ordered_json& fields) {
  std::string text;
  for (const auto& [name, value] : fields.items()) text += fmt::format("{}: {}\n", name, PythonText(value));
  return text;
}

}  // namespace convnext
