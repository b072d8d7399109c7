#include "convnext/json/json.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "convnext/base/base.h"

namespace convnext {
namespace {

using Json = nlohmann::ordered_json;

// `read` bytes were read when the parser stopped.
std::string PlaceOf(std::string_view text, size_t read) {
  const std::string_view before = text.substr(0, read > 0 ? read - 1 : 0);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const size_t begin = before.rfind('\n') + 1;  // npos + 1 is 0
  return fmt::format("line {}, column {}", line, before.size() - begin + 1);
}

// Builds the value as the text is read, and stops at the first thing that is refused. The library's own builder looks
// through all names of an object for each new one: minutes for the millions of names that a hostile file can hold.
class Builder : public nlohmann::json_sax<Json> {
 public:
  Builder(std::string_view text, size_t max_depth) : text_(text), max_depth_(max_depth) {}
  const std::string& error() const { return error_; }
  Json Release() && { return std::move(root_); }

  bool null() override { return Add(nullptr); }
  bool boolean(bool value) override { return Add(value); }
  bool number_integer(number_integer_t value) override { return Add(value); }
  bool number_unsigned(number_unsigned_t value) override { return Add(value); }
  bool number_float(number_float_t value, const string_t&) override { return Add(value); }
  bool string(string_t& value) override { return Add(std::move(value)); }
  bool binary(binary_t& value) override { return Add(std::move(value)); }
  bool start_object(size_t) override { return Open(Json::object()); }
  bool end_object() override { return Close(); }
  bool start_array(size_t) override { return Open(Json::array()); }
  bool end_array() override { return Close(); }
  bool key(string_t& name) override {
    if (levels_.back().names.insert(name).second) {
      levels_.back().container->get_ref<Json::object_t&>().emplace_back(name, nullptr);
      return true;
    }
    error_ = fmt::format("the name \"{}\" stands twice in one object", Printable(name));
    return false;
  }
  bool parse_error(size_t position, const std::string&, const nlohmann::detail::exception&) override {
    error_ = fmt::format("not valid JSON: syntax error in {}", PlaceOf(text_, position));
    return false;
  }

 private:
  // An array or object that is not closed yet.
  struct Level {
    Json* container;
    std::set<std::string> names;
  };

  // Where the next value belongs: behind the last name, at the end of an array, or outermost.
  Json& InsertionPoint() {
    if (levels_.empty()) return root_;
    Json& container = *levels_.back().container;
    if (container.is_object()) return container.get_ref<Json::object_t&>().back().second;
    container.push_back(nullptr);
    return container.back();
  }
  bool Add(Json value) {
    InsertionPoint() = std::move(value);
    return true;
  }
  bool Open(Json container) {
    Json& place = InsertionPoint();
    place = std::move(container);
    levels_.push_back({&place, {}});
    if (levels_.size() <= max_depth_) return true;
    error_ = fmt::format("JSON nested deeper than {} levels", max_depth_);
    return false;
  }
  bool Close() {
    levels_.pop_back();
    return true;
  }

  std::string_view text_;
  size_t max_depth_;
  Json root_;
  std::vector<Level> levels_;
  std::string error_;
};

}  // namespace

Result<Json> ParseJson(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.bytes) return Invalid("{} bytes of JSON; at most {} are read", text.size(), limits.bytes);
  Builder builder(text, limits.depth);
  if (!Json::sax_parse(text, &builder)) return Invalid("{}", builder.error());
  return std::move(builder).Release();
}

}  // namespace convnext
