#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>

#include "base/base.h"

namespace convnext {

using Json = nlohmann::ordered_json;

// A value of a config and its name there.
template <class T>
struct NamedValue {
  std::string_view name;
  T value;
};

// Reads the members of a JSON object from an untrusted source. A member that is absent or null (which is how timm
// writes "not set") leaves the value as it is. The first fault is kept, with the member's path, and nothing is read
// after it.
class FieldReader {
 public:
  // `object` outlives the reader; `path` names it in messages, as in "pretrained_cfg", empty for the outermost object.
  FieldReader(const Json& object, std::string path);

  const Status& status() const { return status_; }
  bool Has(std::string_view name) const { return Find(name) != nullptr; }
  const Json* Find(std::string_view name) const;  // nullptr if absent or null
  // A reader of the object `name`; an empty one if there is none. It has its own status.
  FieldReader Object(std::string_view name) const;

  void Integer(std::string_view name, int64_t min, int64_t max, int64_t& value);
  void Text(std::string_view name, std::string& value);
  // Lists of exactly values.size() numbers, all of them from min to max.
  void Integers(std::string_view name, int64_t min, int64_t max, std::span<int64_t> values);
  void Numbers(std::string_view name, double min, double max, std::span<double> values);
  void Number(std::string_view name, double min, double max, double& value);

  // One of a few names, each standing for a value.
  template <class T>
  void Choice(std::string_view name, std::span<const NamedValue<T>> choices, T& value) {
    std::string text, expected;
    Text(name, text);
    if (!Has(name) || !status_.ok()) return;
    for (const NamedValue<T>& choice : choices) {
      if (choice.name == text) value = choice.value;
      if (choice.name == text) return;
      expected += fmt::format("{}\"{}\"", expected.empty() ? "" : " or ", choice.name);
    }
    Fail(name, "is not supported; expected " + expected);
  }

  // Keeps the error `"path.name": GOT, MESSAGE`.
  void Fail(std::string_view name, std::string_view message);

 private:
  const Json* object_;
  std::string path_;
  Status status_;
};

}  // namespace convnext
