#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>

#include "convnext/base/base.h"

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
  // nullptr also for what Python takes for false: false, zero, and what is empty.
  const Json* FindTrue(std::string_view name) const;
  // A reader of the object `name`; an empty one if there is none. It has its own status.
  FieldReader Object(std::string_view name) const;

  void Integer(std::string_view name, int64_t min, int64_t max, int64_t& value);
  void Text(std::string_view name, std::string& value);
  // Lists of exactly values.size() numbers, all of them from min to max.
  void Integers(std::string_view name, int64_t min, int64_t max, std::span<int64_t> values);
  void Numbers(std::string_view name, double min, double max, std::span<double> values);
  void Number(std::string_view name, double min, double max, double& value);

  // One of a few names, each standing for a value; what Python takes for false leaves it as it is.
  template <class T>
  void Choice(std::string_view name, std::span<const NamedValue<T>> choices, T& value) {
    if (FindTrue(name) == nullptr) return;
    std::string text;
    Text(name, text);
    if (status_.ok()) Choose(name, text, choices, value);
  }

  // The same for names in any case; an empty one is none of them.
  template <class T>
  void ChoiceOfAnyCase(std::string_view name, std::span<const NamedValue<T>> choices, T& value) {
    std::string text;
    Text(name, text);
    if (Find(name) == nullptr || !status_.ok()) return;
    Choose(name, LowerCase(text), choices, value);
  }

  // Keeps the error `"path.name": GOT, MESSAGE`.
  void Fail(std::string_view name, std::string_view message);

 private:
  template <class T>
  void Choose(std::string_view name, std::string_view text, std::span<const NamedValue<T>> choices, T& value) {
    std::string expected;
    for (const NamedValue<T>& choice : choices) {
      if (choice.name == text) value = choice.value;
      if (choice.name == text) return;
      expected += fmt::format("{}\"{}\"", expected.empty() ? "" : " or ", choice.name);
    }
    Fail(name, "is not supported; expected " + expected);
  }

  const Json* object_;
  std::string path_;
  Status status_;
};

}  // namespace convnext
