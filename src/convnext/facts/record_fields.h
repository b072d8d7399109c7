// Structs to JSON and back, strictly: a struct names its fields once,
//
//   template <class Visitor>
//   void VisitFields(Visitor& visit, Point& point) {
//     visit("x", point.x);
//     visit("y", point.y);
//   }
//
// and both directions follow: RecordToJson(point), RecordFromJson<Point>(json).
#pragma once

#include <cmath>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "convnext/base/base.h"
#include "convnext/tensor/tensor.h"

namespace convnext {

class RecordWriter {
 public:
  using Json = nlohmann::ordered_json;

  template <class T>
  void operator()(const char* name, T& value) {
    json_[name] = Value(value);
  }
  // A field that is left out where it has its usual value.
  template <class T>
  void Unless(const char* name, T& value, const T& usual) {
    if (value != usual) (*this)(name, value);
  }
  Json Release() && { return std::move(json_); }

  static Json Value(const std::string& value) { return value; }
  static Json Value(bool value) { return value; }
  static Json Value(int64_t value) { return value; }
  static Json Value(double value) { return value; }
  // A square by its side, which is what records had before there were others; else [height, width].
  static Json Value(ImageSize& size) {
    return size.height == size.width ? Json(size.height) : Json::array({size.height, size.width});
  }
  template <class T>
  static Json Value(std::optional<T>& value) {
    return value ? Value(*value) : Json();
  }
  template <class T>
  static Json Value(std::vector<T>& values) {
    Json array = Json::array();
    for (T& value : values) array.push_back(Value(value));
    return array;
  }
  template <class T>
  static Json Value(std::map<std::string, T>& values) {
    Json object = Json::object();
    for (auto& [name, value] : values) object[name] = Value(value);
    return object;
  }
  static Json Value(std::pair<std::string, std::string>& value) { return Json::array({value.first, value.second}); }
  template <class T>
  requires std::is_aggregate_v<T>
  static Json Value(T& value) {
    RecordWriter writer;
    VisitFields(writer, value);
    return std::move(writer).Release();
  }

 private:
  Json json_ = Json::object();
};

class RecordReader {
 public:
  using Json = nlohmann::ordered_json;

  // Names of fields that are not known go to `unknown`.
  RecordReader(const Json& json, std::string path, std::vector<std::string>& unknown)
      : json_(json), path_(std::move(path)), unknown_(unknown) {
    if (!json.is_object()) Fail(path_, "an object");
  }

  template <class T>
  void operator()(const char* name, T& value) {
    known_.insert(name);
    if (!status_.ok()) return;
    const auto found = json_.find(name);
    const std::string path = path_.empty() ? name : path_ + "." + name;
    if (found == json_.end()) {
      status_ = Invalid("the field \"{}\" is missing", path);
      return;
    }
    Read(*found, path, value);
  }

  template <class T>
  void Unless(const char* name, T& value, const T& usual) {
    known_.insert(name);
    value = usual;
    if (!json_.is_object() || !json_.contains(name)) return;
    (*this)(name, value);
    if (status_.ok() && value == usual)
      Fail(path_.empty() ? name : path_ + "." + name, "no such field for its usual value");
  }

  // To be called when all fields have been visited.
  Status Finish() {
    if (!json_.is_object()) return status_;
    for (const auto& [name, value] : json_.items()) {
      if (!known_.contains(name)) unknown_.push_back(path_.empty() ? name : path_ + "." + name);
    }
    return status_;
  }

 private:
  // Nanoseconds since 1970 fit, and the difference of two does not overflow.
  static constexpr int64_t kLargest = int64_t{1} << 61;

  // More than any record has.
  static constexpr size_t kMostElements = 200'000, kMostNames = 2'000;

  void Fail(const std::string& path, std::string_view expected) {
    if (status_.ok()) status_ = Invalid("the field \"{}\": expected {}", Printable(path), expected);
  }

  void Read(const Json& json, const std::string& path, std::string& value) {
    if (!json.is_string()) return Fail(path, "a string");
    value = json.get_ref<const std::string&>();
  }
  void Read(const Json& json, const std::string& path, bool& value) {
    if (!json.is_boolean()) return Fail(path, "true or false");
    value = json.get<bool>();
  }
  void Read(const Json& json, const std::string& path, int64_t& value) {
    const bool in_range = json.is_number_unsigned()  ? json.get<uint64_t>() <= static_cast<uint64_t>(kLargest)
                          : json.is_number_integer() ? json.get<int64_t>() >= -kLargest
                                                     : false;
    if (!in_range) return Fail(path, "an integer");
    value = json.get<int64_t>();
  }
  void Read(const Json& json, const std::string& path, double& value) {
    if (!json.is_number() || !std::isfinite(json.get<double>())) return Fail(path, "a number");
    value = json.get<double>();
  }
  void Read(const Json& json, const std::string& path, ImageSize& size) {
    const bool is_list = json.is_array();
    if (is_list && json.size() != 2) return Fail(path, "a number, or height and width");
    Read(is_list ? json[0] : json, path, size.height);
    Read(is_list ? json[1] : json, path, size.width);
    if (is_list && size.height == size.width) Fail(path, "one number for a square");
  }
  template <class T>
  void Read(const Json& json, const std::string& path, std::optional<T>& value) {
    if (json.is_null()) return value.reset();
    Read(json, path, value.emplace());
  }
  template <class T>
  void Read(const Json& json, const std::string& path, std::vector<T>& values) {
    if (!json.is_array() || json.size() > kMostElements) return Fail(path, "an array of moderate length");
    values.clear();
    for (const Json& element : json) {
      T value{};
      Read(element, fmt::format("{}[{}]", path, values.size()), value);
      if (!status_.ok()) return;
      values.push_back(std::move(value));
    }
  }
  template <class T>
  void Read(const Json& json, const std::string& path, std::map<std::string, T>& values) {
    if (!json.is_object() || json.size() > kMostNames) return Fail(path, "an object of moderate size");
    values.clear();
    for (const auto& [name, element] : json.items()) Read(element, fmt::format("{}.{}", path, name), values[name]);
  }
  void Read(const Json& json, const std::string& path, std::pair<std::string, std::string>& value) {
    if (!json.is_array() || json.size() != 2) return Fail(path, "two strings");
    Read(json[0], path, value.first);
    Read(json[1], path, value.second);
  }
  template <class T>
  requires std::is_aggregate_v<T>
  void Read(const Json& json, const std::string& path, T& value) {
    RecordReader reader(json, path, unknown_);
    if (json.is_object()) VisitFields(reader, value);
    if (Status status = reader.Finish(); !status.ok() && status_.ok()) status_ = status;
  }

  const Json& json_;
  std::string path_;
  std::set<std::string> known_;
  std::vector<std::string>& unknown_;
  Status status_;
};

template <class T>
nlohmann::ordered_json RecordToJson(const T& value) {
  T copy = value;  // one VisitFields serves both directions, so it takes a reference that could write
  return RecordWriter::Value(copy);
}

template <class T>
Result<T> RecordFromJson(const nlohmann::ordered_json& json, std::vector<std::string>* unknown = nullptr) {
  T value{};
  std::vector<std::string> found;
  RecordReader reader(json, "", found);
  if (json.is_object()) VisitFields(reader, value);
  CONVNEXT_RETURN_IF_ERROR(reader.Finish());
  if (unknown != nullptr) {
    unknown->insert(unknown->end(), found.begin(), found.end());
  } else if (!found.empty()) {
    return Invalid("the field \"{}\" is not known", Printable(found[0]));
  }
  return value;
}

}  // namespace convnext
