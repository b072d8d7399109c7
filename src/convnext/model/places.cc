#include "convnext/model/places.h"

#include <algorithm>

namespace convnext {
namespace {

// The module of open_clip's image tower that is timm's model (open_clip/timm_model.py). Its projection lies beside it.
constexpr std::string_view kTrunk = "trunk.";

// The first convolution, or the first block where that is missing, tells where a model lies.
struct Anchor {
  std::string_view name;
  NamingScheme scheme;
};
constexpr Anchor kAnchors[] = {
    {"stem.0.weight", NamingScheme::kTimm},
    {"stages.0.blocks.0.conv_dw.weight", NamingScheme::kTimm},
    {"downsample_layers.0.0.weight", NamingScheme::kFacebook},
    {"stages.0.0.dwconv.weight", NamingScheme::kFacebook},
};

// The modules of a ConvNeXt, those of unsupported variants among them.
constexpr std::string_view kTimmModules[] = {"stem.",      "stages.",          "norm_pre.",
                                             "head.norm.", "head.pre_logits.", "head.fc."};
constexpr std::string_view kFacebookModules[] = {"downsample_layers.", "stages.",     "norm.weight",
                                                 "norm.bias",          "head.weight", "head.bias"};
constexpr std::string_view kOpenClipHeads[] = {"head.proj.", "head.pool."};  // the second attends: not supported
constexpr std::string_view kOpenClipMlp[] = {"head.mlp."};

// Whether `name` is `suffix` or ends with ".suffix".
bool EndsWithName(std::string_view name, std::string_view suffix) {
  if (!name.ends_with(suffix)) return false;
  return name.size() == suffix.size() || name[name.size() - suffix.size() - 1] == '.';
}

template <size_t N>
bool StartsWithOne(std::string_view name, std::string_view prefix, const std::string_view (&modules)[N]) {
  if (!name.starts_with(prefix)) return false;
  name.remove_prefix(prefix.size());
  return std::any_of(std::begin(modules), std::end(modules),
                     [&](std::string_view module) { return name.starts_with(module); });
}

void Replace(std::string& text, std::string_view from, std::string_view to) {
  if (const size_t place = text.find(from); place != std::string::npos) text.replace(place, from.size(), to);
}

// Facebook's names (github.com/facebookresearch/ConvNeXt, models/convnext.py), as timm's checkpoint_filter_fn
// (timm/models/convnext.py) reads them. Its reshaping is for models with mlp.grn or conv_mlp.
std::string FacebookName(std::string name) {
  Replace(name, "head.norm.", "norm.");
  Replace(name, "head.fc.", "head.");
  Replace(name, "stem.", "downsample_layers.0.");
  if (const size_t end = name.find(".downsample."); end != std::string::npos) {
    name =
        "downsample_layers." + name.substr(7, end - 7) + name.substr(end + 11);  // without "stages." and "downsample"
  }
  Replace(name, ".blocks.", ".");
  Replace(name, ".conv_dw.", ".dwconv.");
  Replace(name, ".mlp.fc", ".pwconv");
  return name;
}

// timm's classifier is the projection; open_clip's "mlp" projection is timm's pre_logits with a classifier behind it.
std::vector<std::string> OpenClipNames(const Place& place, const std::string& timm_name) {
  const std::string head = place.ModelPrefix() + "head.";
  std::vector<std::string> names;
  if (timm_name.starts_with("head.pre_logits.fc.")) names = {head + "mlp.fc1." + timm_name.substr(19)};
  if (timm_name.starts_with("head.fc.")) {
    const std::string kind = timm_name.substr(8);
    names = {head + "proj." + kind, head + "mlp.fc2." + kind};
    if (place.mlp_head) std::swap(names[0], names[1]);
  }
  names.push_back(place.prefix + timm_name);
  return names;
}

void AddPlace(std::vector<Place>& places, NamingScheme scheme, std::string_view prefix) {
  if (scheme == NamingScheme::kTimm && EndsWithName(prefix, kTrunk)) scheme = NamingScheme::kOpenClip;
  const bool known = std::any_of(places.begin(), places.end(),
                                 [&](const Place& place) { return place.scheme == scheme && place.prefix == prefix; });
  if (!known) places.push_back({scheme, std::string(prefix)});
}

}  // namespace

std::string Place::ModelPrefix() const {
  return scheme == NamingScheme::kOpenClip ? prefix.substr(0, prefix.size() - kTrunk.size()) : prefix;
}

std::vector<Place> FindPlaces(const Checkpoint& file) {
  std::vector<Place> places;
  for (const StoredTensor* tensor : file.tensors()) {
    const std::string_view name = tensor->name;
    for (const Anchor& anchor : kAnchors) {
      if (places.size() > kMaxPlaces) break;
      if (EndsWithName(name, anchor.name)) {
        AddPlace(places, anchor.scheme, name.substr(0, name.size() - anchor.name.size()));
      }
    }
  }
  for (Place& place : places) place.mlp_head = file.Find(place.ModelPrefix() + "head.mlp.fc2.weight") != nullptr;
  std::sort(places.begin(), places.end(), [](const Place& a, const Place& b) { return a.prefix < b.prefix; });
  return places;
}

std::vector<std::string> StoredNames(const Place& place, const std::string& timm_name) {
  if (place.scheme == NamingScheme::kOpenClip) return OpenClipNames(place, timm_name);
  return {place.prefix + (place.scheme == NamingScheme::kFacebook ? FacebookName(timm_name) : timm_name)};
}

const StoredTensor* FindTensor(const Checkpoint& file, const Place& place, const std::string& timm_name) {
  for (const std::string& name : StoredNames(place, timm_name)) {
    if (const StoredTensor* tensor = file.Find(name)) return tensor;
  }
  return nullptr;
}

bool IsInside(const Place& place, std::string_view name) {
  if (name.ends_with(".num_batches_tracked")) return false;  // a counter that only training reads
  if (place.scheme == NamingScheme::kFacebook) return StartsWithOne(name, place.prefix, kFacebookModules);
  if (StartsWithOne(name, place.prefix, kTimmModules)) return true;
  if (place.scheme != NamingScheme::kOpenClip) return false;
  return StartsWithOne(name, place.ModelPrefix(), kOpenClipHeads) ||
         (place.mlp_head && StartsWithOne(name, place.ModelPrefix(), kOpenClipMlp));
}

const StoredTensor* FindNearMiss(const Checkpoint& file, const Place& place, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const bool of_place = name.starts_with(place.prefix);
    const std::string_view bare = std::string_view(name).substr((of_place ? place.prefix : place.ModelPrefix()).size());
    for (const StoredTensor* tensor : file.tensors()) {
      if (EndsWithName(tensor->name, bare)) return tensor;
    }
  }
  return nullptr;
}

}  // namespace convnext
