#include "base/json.h"

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "base/text.h"

namespace convnext {
namespace {

using Json = nlohmann::ordered_json;

// Goes over the text before anything is built from it, and stops at the first thing that is refused.
class Checker : public nlohmann::json_sax<Json> {
 public:
  explicit Checker(size_t max_depth) : max_depth_(max_depth) {}
  const std::string& error() const { return error_; }

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(size_t) override { return Push(); }
  bool end_object() override { return Pop(); }
  bool start_array(size_t) override { return Push(); }
  bool end_array() override { return Pop(); }
  bool key(string_t& name) override {
    if (names_.back().insert(name).second) return true;
    error_ = fmt::format("the name \"{}\" stands twice in one object", Printable(name));
    return false;
  }
  bool parse_error(size_t position, const std::string&, const nlohmann::detail::exception&) override {
    error_ = fmt::format("not valid JSON: syntax error at byte {}", position);
    return false;
  }

 private:
  bool Push() {
    names_.emplace_back();
    if (names_.size() <= max_depth_) return true;
    error_ = fmt::format("JSON nested deeper than {} levels", max_depth_);
    return false;
  }
  bool Pop() {
    names_.pop_back();
    return true;
  }

  size_t max_depth_;
  std::vector<std::set<std::string>> names_;
  std::string error_;
};

}  // namespace

Result<Json> ParseJson(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.bytes) return Invalid("{} bytes of JSON; at most {} are read", text.size(), limits.bytes);
  Checker checker(limits.depth);
  if (!Json::sax_parse(text, &checker)) return Invalid("{}", checker.error());
  return Json::parse(text, nullptr, /*allow_exceptions=*/false);
}

}  // namespace convnext
