#include "convnext/bundle/template.h"

#include <nlohmann/json.hpp>
#include <vector>

#include "convnext/bundle/markdown.h"

namespace convnext {
namespace {

using Json = nlohmann::ordered_json;
using Scopes = std::vector<const Json*>;

constexpr std::string_view kOpen = "{{", kClose = "}}", kOr = " or ";

struct Tag {
  std::string_view whole;  // with the braces
  char section = 0;        // '#' or '^'
  std::string_view verb;   // "code"
  std::string_view name;
  std::string_view words;
};

// The tag at the start of `text`.
Tag ReadTag(std::string_view text) {
  const size_t close = text.find(kClose);
  Tag tag;
  tag.whole = text.substr(0, close == std::string_view::npos ? close : close + kClose.size());
  if (close == std::string_view::npos) return tag;
  tag.name = text.substr(kOpen.size(), close - kOpen.size());
  if (tag.name.starts_with('#') || tag.name.starts_with('^')) {
    tag.section = tag.name[0];
    tag.name.remove_prefix(1);
  }
  if (const size_t at = tag.name.find(kOr); at != std::string_view::npos) {
    tag.words = tag.name.substr(at + kOr.size());
    tag.name = tag.name.substr(0, at);
  }
  if (const size_t space = tag.name.find(' '); space != std::string_view::npos) {
    tag.verb = tag.name.substr(0, space);
    tag.name.remove_prefix(space + 1);
  }
  return tag;
}

const Json* Field(const Json& object, std::string_view name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(std::string(name));
  return found == object.end() ? nullptr : &*found;
}

// The innermost scope that knows the first part of the name has the say.
const Json* Find(const Scopes& scopes, std::string_view name) {
  if (name == ".") return scopes.back();
  const size_t dot = name.find('.');
  const Json* value = nullptr;
  for (auto scope = scopes.rbegin(); scope != scopes.rend() && value == nullptr; ++scope) {
    value = Field(**scope, name.substr(0, dot));
  }
  if (value == nullptr || dot == std::string_view::npos) return value;
  return Find({value}, name.substr(dot + 1));
}

bool IsThere(const Json& value) {
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_string()) return value.get_ref<const std::string&>().find_first_not_of(" \t\r\n") != std::string::npos;
  return !value.empty();
}

std::string TagText(const Tag& tag, const Scopes& scopes) {
  const Json* value = Find(scopes, tag.name);
  if (value == nullptr) return std::string(tag.whole);
  if (!IsThere(*value)) return std::string(tag.words.empty() ? tag.whole : tag.words);
  if (tag.verb.empty()) return PlainText(ValueText(*value));
  if (tag.verb == "code") return CodeText(ValueText(*value));
  if (tag.verb == "fence") return FencedText(ValueText(*value));
  if (tag.verb == "yaml") return YamlText(*value);
  return std::string(tag.whole);
}

void Fill(std::string_view text, Scopes& scopes, std::string& out);

void FillInside(std::string_view text, const Json& value, Scopes& scopes, std::string& out) {
  scopes.push_back(&value);
  Fill(text, scopes, out);
  scopes.pop_back();
}

void FillSection(const Tag& tag, std::string_view body, Scopes& scopes, std::string& out) {
  const Json* value = Find(scopes, tag.name);
  if (value == nullptr) {
    out += tag.whole;
  } else if (tag.section == '^') {
    if (!IsThere(*value)) Fill(body, scopes, out);
  } else if (value->is_array()) {
    for (const Json& element : *value) FillInside(body, element, scopes, out);
  } else if (IsThere(*value)) {
    FillInside(body, *value, scopes, out);
  }
}

// `text` is what follows the tag that opens the section; what follows the section is returned.
std::string_view ConsumeSection(const Tag& tag, std::string_view text, Scopes& scopes, std::string& out) {
  const std::string closing = "{{/" + std::string(tag.name) + "}}";
  const size_t end = text.find(closing);
  std::string_view body = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + closing.size());
  if (body.starts_with('\n')) {
    body.remove_prefix(1);
    if (text.starts_with('\n')) text.remove_prefix(1);
  }
  FillSection(tag, body, scopes, out);
  return text;
}

void Fill(std::string_view text, Scopes& scopes, std::string& out) {
  for (size_t open = text.find(kOpen); open != std::string_view::npos; open = text.find(kOpen)) {
    out += text.substr(0, open);
    text.remove_prefix(open);
    const Tag tag = ReadTag(text);
    text.remove_prefix(tag.whole.size());
    if (tag.section != 0) {
      text = ConsumeSection(tag, text, scopes, out);
    } else {
      out += TagText(tag, scopes);
    }
  }
  out += text;
}

}  // namespace

std::string FillTemplate(std::string_view text, const Json& values) {
  Scopes scopes = {&values};
  std::string out;
  Fill(text, scopes, out);
  return out;
}

}  // namespace convnext
