#include "convnext/bundle/environment_compare.h"

#include <algorithm>
#include <map>
#include <utility>

#include "convnext/facts/facts.h"

namespace convnext {
namespace {

using Json = nlohmann::ordered_json;

// A value of an object by its name, or of a list by its code or place.
using Fields = std::vector<std::pair<std::string, const Json*>>;

std::string ElementName(const Json& element, size_t index) {
  const auto code = element.find("code");
  return code != element.end() && code->is_string() ? code->get<std::string>() : std::to_string(index);
}

// An object, or a list of objects only.
bool HasFields(const Json& value) {
  if (!value.is_array() || value.empty()) return value.is_object();
  return std::all_of(value.begin(), value.end(), [](const Json& element) { return element.is_object(); });
}

Fields FieldsOf(const Json& value) {
  Fields fields;
  if (value.is_object()) {
    for (const auto& [name, element] : value.items()) fields.push_back({name, &element});
  } else {
    for (size_t i = 0; i < value.size(); ++i) fields.push_back({ElementName(value[i], i), &value[i]});
  }
  return fields;
}

bool HasLines(const Json& value) {
  return value.is_string() && value.get_ref<const std::string&>().find('\n') != std::string::npos;
}

FieldDifference Difference(const std::string& field, const Json* a, const Json* b) {
  const auto text = [](const Json* value) { return value == nullptr ? "(absent)" : Printable(JsonText(*value), 300); };
  if (a != nullptr && b != nullptr && (HasLines(*a) || HasLines(*b))) return {Printable(field), "", ""};
  return {Printable(field), text(a), text(b)};
}

void Compare(const std::string& path, const Json& a, const Json& b, std::vector<FieldDifference>& differences) {
  if (!HasFields(a) || !HasFields(b)) {
    if (a != b) differences.push_back(Difference(path, &a, &b));
    return;
  }
  const std::string prefix = path.empty() ? path : path + ".";
  const Fields a_fields = FieldsOf(a), b_fields = FieldsOf(b);
  const std::map<std::string, const Json*> in_a(a_fields.begin(), a_fields.end());
  const std::map<std::string, const Json*> in_b(b_fields.begin(), b_fields.end());
  for (const auto& [name, value] : a_fields) {
    const auto other = in_b.find(name);
    if (other != in_b.end()) {
      Compare(prefix + name, *value, *other->second, differences);
    } else {
      differences.push_back(Difference(prefix + name, value, nullptr));
    }
  }
  for (const auto& [name, value] : b_fields) {
    if (!in_a.contains(name)) differences.push_back(Difference(prefix + name, nullptr, value));
  }
}

}  // namespace

std::vector<FieldDifference> CompareEnvironments(const Json& a, const Json& b) {
  std::vector<FieldDifference> differences;
  Compare("", a, b, differences);
  return differences;
}

}  // namespace convnext
