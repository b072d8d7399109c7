// Finds the files of a model.
#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "convnext/json/json.h"
#include "convnext/model/weights_binding.h"

namespace convnext {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTimmConfig = "config.json";
constexpr std::string_view kOpenClipConfig = "open_clip_config.json";
constexpr size_t kMaxConfigBytes = size_t{16} << 20;  // lists of label names are the largest part

// The names that the libraries look for, in their order (timm/models/_hub.py, _PREFERRED_FILES; open_clip/factory.py,
// preferred_order).
constexpr std::string_view kTimmWeights[] = {"model.safetensors",           "pytorch_model.bin",
                                             "pytorch_model.pth",           "model.pth",
                                             "open_clip_model.safetensors", "open_clip_pytorch_model.safetensors",
                                             "open_clip_pytorch_model.bin", "open_clip_pytorch_model.pth"};
constexpr std::string_view kOpenClipWeights[] = {"open_clip_model.safetensors", "open_clip_pytorch_model.safetensors",
                                                 "open_clip_pytorch_model.bin", "open_clip_pytorch_model.pth",
                                                 "model.safetensors",           "pytorch_model.bin",
                                                 "pytorch_model.pth",           "model.pth"};
constexpr std::string_view kPickledShards = "pytorch_model.bin.index.json";

// A file that may not be looked at counts as there: opening it then says why not.
bool Exists(const fs::path& path) {
  std::error_code ignored;
  return fs::status(path, ignored).type() != fs::file_type::not_found;
}

// The index of a file that is called as a shard is, "model.safetensors.index.json" of
// "model-00001-of-00003.safetensors"; empty for other names.
std::string IndexName(const std::string& file) {
  const size_t of = file.rfind("-of-");
  const size_t dash = of == std::string::npos || of == 0 ? of : file.rfind('-', of - 1);
  if (of == std::string::npos || dash == std::string::npos) return {};
  return fmt::format("{}.safetensors{}", file.substr(0, dash), kShardIndexExtension);
}

// "; there is ...": a file that may be the weights under another name, or a shard without its index.
std::string OtherWeights(const std::string& directory) {
  std::error_code error;
  std::vector<std::string> names;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
    if (entry->path().extension() == ".safetensors") names.push_back(entry->path().filename().string());
  }
  if (names.empty()) return {};
  const std::string first = *std::min_element(names.begin(), names.end()), index = IndexName(first);
  return fmt::format("; there is {}{}", Printable(first, 100),
                     index.empty() ? ": name the file itself"
                                   : fmt::format(", a shard without its index: get {} too", Printable(index, 100)));
}

bool IsPickle(std::string_view name) { return !name.ends_with(".safetensors"); }

// The safetensors file that a pickle stands in front of, and what to do about it.
Status RefusePickle(const std::string& directory, std::string_view pickle, std::string_view other) {
  if (!other.empty())
    return Invalid(
        "{}: there are {} and {}; {} takes the first, a pickle, which is not read here. Name the file that is meant "
        "({}/{}), or remove the other",
        Printable(directory), pickle, other, Exists(fs::path(directory) / kTimmConfig) ? "timm" : "open_clip",
        Printable(directory), other);
  return Invalid(
      "{}: only {}, a pickle, which can run code when it is loaded: it is not read. Download "
      "model.safetensors, or convert it: safetensors.torch.save_file(torch.load(FILE, weights_only=True), "
      "'model.safetensors'){}",
      Printable(directory), pickle, OtherWeights(directory));
}

// The file that the library takes whose config is there; shards come after a whole file.
Result<std::string> FindWeights(const std::string& directory) {
  const bool timms = Exists(fs::path(directory) / kTimmConfig) || !Exists(fs::path(directory) / kOpenClipConfig);
  std::vector<std::string_view> found;
  for (const std::string_view name : timms ? kTimmWeights : kOpenClipWeights) {
    if (Exists(fs::path(directory) / name)) found.push_back(name);
  }
  const auto whole = std::find_if_not(found.begin(), found.end(), IsPickle);
  if (!found.empty() && !IsPickle(found.front())) return (fs::path(directory) / found.front()).string();
  if (whole != found.end()) return RefusePickle(directory, found.front(), *whole);
  for (const std::string_view name : timms ? kTimmWeights : kOpenClipWeights) {
    const fs::path path = fs::path(directory) / fmt::format("{}{}", name, kShardIndexExtension);
    if (!IsPickle(name) && Exists(path)) return path.string();
  }
  if (!found.empty()) return RefusePickle(directory, found.front(), "");
  if (Exists(fs::path(directory) / kPickledShards)) return RefusePickle(directory, kPickledShards, "");
  return Invalid("{}: no weights in this directory; expected model.safetensors or open_clip_model.safetensors{}",
                 Printable(directory), OtherWeights(directory));
}

// A shard by itself is not the model.
Status CheckIsNoShard(const fs::path& weights) {
  const std::string index = IndexName(weights.filename().string());
  if (index.empty() || !Exists(weights.parent_path() / index)) return {};
  return Invalid("{}: one shard of {}; name that file, or the directory", Printable(weights.string()),
                 Printable(index, 100));
}

// The config beside the weights, empty if there is none. Some repositories have both kinds with both kinds of weights.
std::string FindConfig(const fs::path& weights) {
  const bool open_clip = weights.filename().string().starts_with("open_clip");
  for (const std::string_view name :
       {open_clip ? kOpenClipConfig : kTimmConfig, open_clip ? kTimmConfig : kOpenClipConfig}) {
    if (const fs::path path = weights.parent_path() / name; Exists(path)) return path.string();
  }
  return {};
}

// Nothing for a config that says nothing: "{}".
Result<std::optional<ModelConfig>> ReadConfig(const std::string& path) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto bytes, ReadFile(path, kMaxConfigBytes));
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (const auto json = ParseJson(text); json.ok() && json->is_object() && json->empty())
    return std::optional<ModelConfig>();
  CONVNEXT_ASSIGN_OR_RETURN(auto config, ParseConfig(text, path));
  return std::optional(std::move(config));
}

}  // namespace

Result<ModelFile> OpenModel(const std::string& path) {
  std::error_code error;
  const auto kind = fs::status(path, error).type();
  if (kind == fs::file_type::not_found) {
    return Invalid("{}: no such file or directory; give a model's directory or its .safetensors file",
                   Printable(path, 1000));
  }
  CONVNEXT_ASSIGN_OR_RETURN(const auto weights,
                            kind == fs::file_type::directory ? FindWeights(path) : Result<std::string>(path));
  CONVNEXT_RETURN_IF_ERROR(CheckIsNoShard(weights));
  const std::string config_path = FindConfig(weights);
  CONVNEXT_ASSIGN_OR_RETURN(auto file, Checkpoint::Open(weights));
  if (config_path.empty()) return BindModel(std::move(file), nullptr, weights);

  CONVNEXT_ASSIGN_OR_RETURN(const auto config, ReadConfig(config_path));
  auto model = BindModel(std::move(file), config ? &*config : nullptr, weights);
  if (model.ok()) model->config_path = config_path;
  return model;
}

}  // namespace convnext
