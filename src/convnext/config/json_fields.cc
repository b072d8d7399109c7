#include "convnext/config/json_fields.h"

namespace convnext {
namespace {

bool IsInteger(const Json& json, int64_t min, int64_t max) {
  if (json.is_number_unsigned())
    return json.get<uint64_t>() <= static_cast<uint64_t>(max) && json.get<int64_t>() >= min;
  return json.is_number_integer() && json.get<int64_t>() >= min && json.get<int64_t>() <= max;
}

bool IsNumber(const Json& json, double min, double max) {
  return json.is_number() && json.get<double>() >= min && json.get<double>() <= max;
}

template <class Check>
bool IsListOf(const Json& json, size_t size, const Check& check) {
  return json.is_array() && json.size() == size && std::all_of(json.begin(), json.end(), check);
}

}  // namespace

FieldReader::FieldReader(const Json& object, std::string path) : object_(&object), path_(std::move(path)) {
  if (!object.is_object()) Fail("", "is not an object");
}

const Json* FieldReader::Find(std::string_view name) const {
  if (!object_->is_object()) return nullptr;
  const auto place = object_->find(name);
  return place == object_->end() || place->is_null() ? nullptr : &*place;
}

const Json* FieldReader::FindTrue(std::string_view name) const {
  const Json* json = Find(name);
  if (json == nullptr || (json->is_boolean() && !json->get<bool>())) return nullptr;
  if (json->is_number()   ? json->get<double>() == 0
      : json->is_string() ? json->get_ref<const std::string&>().empty()
                          : json->empty())
    return nullptr;
  return json;
}

FieldReader FieldReader::Object(std::string_view name) const {
  static const Json kNone = Json::object();
  const Json* object = Find(name);
  return {object != nullptr ? *object : kNone, path_.empty() ? std::string(name) : fmt::format("{}.{}", path_, name)};
}

void FieldReader::Fail(std::string_view name, std::string_view message) {
  if (!status_.ok()) return;
  const Json* json = name.empty() ? object_ : Find(name);
  const std::string got = json != nullptr ? Printable(json->dump(), 60) : "nothing";
  const std::string_view dot = path_.empty() || name.empty() ? "" : ".";
  status_ = Invalid("\"{}{}{}\": {} {}", path_, dot, name, got, message);
}

void FieldReader::Integer(std::string_view name, int64_t min, int64_t max, int64_t& value) {
  const Json* json = Find(name);
  if (json == nullptr) return;
  if (!IsInteger(*json, min, max)) return Fail(name, fmt::format("is not an integer from {} to {}", min, max));
  value = json->get<int64_t>();
}

void FieldReader::Number(std::string_view name, double min, double max, double& value) {
  const Json* json = Find(name);
  if (json == nullptr) return;
  if (!IsNumber(*json, min, max)) return Fail(name, fmt::format("is not a number from {} to {}", min, max));
  value = json->get<double>();
}

void FieldReader::Text(std::string_view name, std::string& value) {
  const Json* json = Find(name);
  if (json == nullptr) return;
  if (!json->is_string()) return Fail(name, "is not a string");
  value = json->get<std::string>();
}

void FieldReader::Integers(std::string_view name, int64_t min, int64_t max, std::span<int64_t> values) {
  const Json* json = Find(name);
  if (json == nullptr) return;
  if (!IsListOf(*json, values.size(), [&](const Json& item) { return IsInteger(item, min, max); })) {
    return Fail(name, fmt::format("is not a list of {} integers from {} to {}", values.size(), min, max));
  }
  for (size_t i = 0; i < values.size(); ++i) values[i] = (*json)[i].get<int64_t>();
}

void FieldReader::Numbers(std::string_view name, double min, double max, std::span<double> values) {
  const Json* json = Find(name);
  if (json == nullptr) return;
  if (!IsListOf(*json, values.size(), [&](const Json& item) { return IsNumber(item, min, max); })) {
    return Fail(name, fmt::format("is not a list of {} numbers from {} to {}", values.size(), min, max));
  }
  for (size_t i = 0; i < values.size(); ++i) values[i] = (*json)[i].get<double>();
}

}  // namespace convnext
