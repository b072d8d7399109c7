#include "convnext/weights/shard_index.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "convnext/json/json.h"

namespace convnext {
namespace {

using Json = nlohmann::ordered_json;

// No directory, and nothing that `sha256sum` would write in another way.
bool IsPlainFileName(std::string_view name) {
  return !name.empty() && std::none_of(name.begin(), name.end(), [](char c) {
    return c == '/' || c == '\\' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
}

Status CheckShardName(const std::string& name) {
  if (!IsPlainFileName(name)) {
    return Invalid("the shard \"{}\": expected the name of a file beside the index, without a directory",
                   Printable(name));
  }
  if (name.ends_with(".safetensors")) return {};
  return Invalid("the shard \"{}\" is no .safetensors file; pickles can run code when they are loaded and are not read",
                 Printable(name));
}

}  // namespace

Result<ShardIndex> ParseShardIndex(std::string_view text) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto json, ParseJson(text));
  const auto map = json.is_object() ? json.find("weight_map") : json.end();
  if (!json.is_object() || map == json.end() || !map->is_object()) {
    return Invalid("not an index of shards: no \"weight_map\" that names the file of each tensor");
  }
  ShardIndex index;
  for (const auto& [tensor, file] : map->items()) {
    if (!file.is_string()) return Invalid("\"weight_map\": the file of \"{}\" is not a string", Printable(tensor));
    const auto name = file.template get<std::string>();
    CONVNEXT_RETURN_IF_ERROR(CheckShardName(name));
    index.file_of[tensor] = name;
  }
  if (index.file_of.empty()) return Invalid("\"weight_map\" names no tensor");
  return index;
}

}  // namespace convnext
