#include "convnext/model/weights_binding.h"

#include <algorithm>
#include <set>

#include "convnext/model/tensor_names.h"
#include "convnext/model/weights_notes.h"

namespace convnext {
namespace {

// A message stays under 2000 characters: the first faults are told, each in a line of limited length.
constexpr size_t kMaxFaults = 10;
constexpr size_t kMaxName = 60;
constexpr size_t kMaxShape = 50;

std::string ShortShape(const Shape& shape) { return Printable(ShapeText(shape), kMaxShape); }

// The model that a place in a checkpoint would be.
struct Candidate {
  Place place;
  Status status;  // why it cannot be one, whatever its tensors
  ModelConfig config;
  std::map<std::string, const StoredTensor*> tensors;  // by timm's names
  std::vector<std::string> faults;                     // of its tensors
  std::string near_miss;                               // a tensor that is missing but for its prefix
  bool IsWhole() const { return status.ok() && faults.empty(); }
};

// Says how the tensor found for `expected` differs from it; empty if it does not.
std::string DescribeFault(const NamedShape& expected, const std::string& name, const StoredTensor* found) {
  const std::string printable = Printable(name, kMaxName);
  if (found == nullptr) return fmt::format("{}: missing; expected {}", printable, ShortShape(expected.shape));
  if (found->shape != expected.shape) {
    return fmt::format("{}: {}; expected {}", printable, ShortShape(found->shape), ShortShape(expected.shape));
  }
  if (IsFloatDtype(found->dtype)) return {};
  return fmt::format("{}: dtype {}; expected F64, F32, F16 or BF16", printable, Printable(found->dtype, kMaxShape));
}

// open_clip's projection has a bias or none. Any other classifier has one.
bool MayBeLeftOut(const Candidate& candidate, const std::string& name) {
  if (candidate.place.scheme != NamingScheme::kOpenClip || name != "head.fc.bias") return false;
  const auto weight = candidate.tensors.find("head.fc.weight");
  const bool found = weight != candidate.tensors.end() && weight->second != nullptr;
  return !found || weight->second->name != candidate.place.prefix + "head.fc.weight";
}

void BindTensor(const Checkpoint& file, const NamedShape& expected, Candidate& candidate) {
  const auto names = StoredNames(candidate.place, expected.name);
  const StoredTensor* found = FindTensor(file, candidate.place, expected.name);
  candidate.tensors[expected.name] = found;
  if (found == nullptr && MayBeLeftOut(candidate, expected.name)) return;
  std::string fault = DescribeFault(expected, found == nullptr ? names.front() : found->name, found);
  if (fault.empty()) return;
  const bool first = candidate.faults.size() < kMaxFaults && candidate.near_miss.empty();
  if (first && found == nullptr) candidate.near_miss = NearMissText(file, candidate.place, names);
  candidate.faults.push_back(std::move(fault));
}

std::set<const StoredTensor*> BoundTensors(const Candidate& candidate) {
  std::set<const StoredTensor*> bound;
  for (const auto& [name, tensor] : candidate.tensors) bound.insert(tensor);
  return bound;
}

// A config that does not say the number of classes leaves it to the weights (timm: 1000, and no other weights load).
Status TakeNumClasses(const Checkpoint& file, const Place& place, ConvNeXtConfig& config) {
  if (!config.assumes_num_classes) return {};
  config.num_classes = InferClasses(file, place);
  config.assumes_num_classes = false;
  config.notes.push_back(fmt::format("the config does not say num_classes: the weights have {}", config.num_classes));
  return CheckConfig(config);
}

// timm takes the weight of open_clip's projection alone, and zeros for its bias (timm/models/convnext.py,
// checkpoint_filter_fn).
void DropProjectionBias(Candidate& candidate) {
  if (!candidate.config.is_timms || candidate.place.scheme != NamingScheme::kOpenClip) return;
  const auto bias = candidate.tensors.find("head.fc.bias");
  if (bias == candidate.tensors.end() || bias->second == nullptr) return;
  if (!MayBeLeftOut(candidate, "head.fc.bias")) return;
  candidate.config.notes.push_back(
      fmt::format("{} is not used: beside a config of timm's it counts as zeros, as in timm; open_clip, with an "
                  "open_clip_config.json, would use it",
                  Printable(bias->second->name, kMaxName)));
  bias->second = nullptr;
}

Candidate TryPlace(const Checkpoint& file, const Place& place, const ModelConfig* config) {
  Candidate candidate;
  candidate.place = place;
  candidate.status = CheckVariant(file, place);
  if (!candidate.status.ok()) return candidate;
  auto own = config != nullptr ? Result<ModelConfig>(*config) : InferConfig(file, place);
  candidate.status = own.status();
  if (!own.ok()) return candidate;
  candidate.config = *std::move(own);
  candidate.status = TakeNumClasses(file, place, candidate.config);
  if (!candidate.status.ok()) return candidate;
  for (const NamedShape& expected : ExpectedTensors(candidate.config)) BindTensor(file, expected, candidate);
  const auto bound = BoundTensors(candidate);
  for (const StoredTensor* tensor : file.tensors()) {
    if (!IsInside(place, tensor->name) || bound.contains(tensor)) continue;
    if (candidate.config.drops_classifier && tensor->name.starts_with(place.prefix + "head.fc.")) continue;
    candidate.faults.push_back(
        fmt::format("{}: {}; not expected", Printable(tensor->name, kMaxName), ShortShape(tensor->shape)));
  }
  DropProjectionBias(candidate);
  return candidate;
}

// A name without the wrappers that timm takes off every name (timm/models/_helpers.py, clean_state_dict).
std::string_view WithoutWrappers(std::string_view name) {
  for (const std::string_view wrapper : {"_orig_mod.", "module.", "_orig_mod."}) {
    if (name.starts_with(wrapper)) name.remove_prefix(wrapper.size());
  }
  return name;
}

// Two tensors that are one to timm: it would use the one that comes last in the file, tensor by tensor.
Status CheckNoTwins(const Checkpoint& file, const Candidate& chosen) {
  std::map<std::string_view, const StoredTensor*> bound;
  for (const StoredTensor* tensor : BoundTensors(chosen)) {
    if (tensor != nullptr) bound[WithoutWrappers(tensor->name)] = tensor;
  }
  for (const StoredTensor* tensor : file.tensors()) {
    const auto twin = bound.find(WithoutWrappers(tensor->name));
    if (twin == bound.end() || twin->second == tensor) continue;
    return Invalid(
        "{} and {}: two models in one file (such as an average of the weights beside them), which timm would mix; save "
        "one of them alone",
        Printable(twin->second->name, kMaxName), Printable(tensor->name, kMaxName));
  }
  return {};
}

Status Faulty(const Candidate& candidate) {
  if (!candidate.status.ok()) return candidate.status;
  const auto& faults = candidate.faults;
  std::string text;
  for (size_t i = 0; i < std::min(faults.size(), kMaxFaults); ++i) text += "\n  " + faults[i];
  if (faults.size() > kMaxFaults) text += fmt::format("\n  and {} more", faults.size() - kMaxFaults);
  return Invalid(
      "{} not as {} with depths {} and dims {} has them; use the config.json that belongs to the weights{}:{}",
      faults.size() == 1 ? "1 tensor is" : fmt::format("{} tensors are", faults.size()), candidate.config.architecture,
      ShapeText(candidate.config.depths), ShapeText(candidate.config.dims), candidate.near_miss, text);
}

// The whole model among the candidates. Where there are several, the one whose names are timm's or Facebook's own.
Result<Candidate> Choose(std::vector<Candidate> candidates) {
  std::vector<Candidate*> whole;
  for (Candidate& candidate : candidates) {
    if (candidate.IsWhole()) whole.push_back(&candidate);
  }
  if (whole.empty()) {
    const auto faults = [](const Candidate& c) { return c.status.ok() ? c.faults.size() : std::string::npos; };
    return Faulty(*std::min_element(candidates.begin(), candidates.end(),
                                    [&](const Candidate& a, const Candidate& b) { return faults(a) < faults(b); }));
  }
  if (whole.size() == 1 || whole.front()->place.prefix.empty()) return std::move(*whole.front());
  std::string prefixes;
  for (const Candidate* candidate : whole) {
    prefixes += fmt::format("{}\"{}\"", prefixes.empty() ? "" : ", ", Printable(candidate->place.prefix, kMaxName));
  }
  return Invalid(
      "{} whole models, with the prefixes {}: which one is meant cannot be told; save the right one alone, here with "
      "P = \"{}\": safetensors.torch.save_file({{k[len(P):]: v for k, v in safetensors.torch.load_file(FILE).items() "
      "if "
      "k.startswith(P)}}, \"model.safetensors\")",
      whole.size(), prefixes, Printable(whole.front()->place.prefix, kMaxName));
}

Result<Candidate> FindModel(const Checkpoint& file, const ModelConfig* config) {
  const std::vector<Place> places = FindPlaces(file);
  if (places.empty()) return NoConvNeXt(file);
  if (places.size() > kMaxPlaces) return Invalid("more than {} prefixes of ConvNeXts", kMaxPlaces);
  std::vector<Candidate> candidates;
  candidates.reserve(places.size());
  for (const Place& place : places) candidates.push_back(TryPlace(file, place, config));
  CONVNEXT_ASSIGN_OR_RETURN(auto chosen, Choose(std::move(candidates)));
  CONVNEXT_RETURN_IF_ERROR(CheckNoTwins(file, chosen));
  NoteOtherPlaces(places, chosen.place, chosen.config.notes);
  return chosen;
}

bool IsSynthetic(const Checkpoint& file) {
  return std::any_of(file.files().begin(), file.files().end(), [](const Safetensors& part) {
    const auto entry = part.metadata().find("synthetic");
    return entry != part.metadata().end() && entry->second == "true";
  });
}

}  // namespace

const char* Name(NamingScheme naming) {
  switch (naming) {
    case NamingScheme::kTimm:
      return "timm";
    case NamingScheme::kOpenClip:
      return "open_clip";
    case NamingScheme::kFacebook:
      return "facebook";
  }
  return "";
}

Result<ModelFile> BindModel(Checkpoint file, const ModelConfig* config, const std::string& source) {
  auto chosen = FindModel(file, config);
  if (!chosen.ok()) return chosen.status().Prefixed(Printable(source));
  ModelFile model;
  model.config = std::move(chosen->config);
  model.naming = chosen->place.scheme;
  model.prefix = chosen->place.prefix;
  model.tensors = std::move(chosen->tensors);
  model.others = GroupOthers(file, chosen->place);
  NoteOthers(model.others, model.config.notes);
  if (Status status = CheckWritten(file, model, model.config.notes); !status.ok())
    return status.Prefixed(Printable(source));
  model.synthetic = IsSynthetic(file);
  model.weights_path = source;
  model.file = std::move(file);  // the tensors stay where they are
  return model;
}

Result<AlignedVector<float>> ReadTensor(const ModelFile& model, const std::string& timm_name) {
  const auto place = model.tensors.find(timm_name);
  if (place == model.tensors.end()) return Internal("no tensor \"{}\" in this model", Printable(timm_name));
  if (place->second == nullptr) return AlignedVector<float>(static_cast<size_t>(model.config.num_classes), 0.0f);
  AlignedVector<float> values(*ElementCount(place->second->shape));
  if (Status status = ToFloat32(*place->second, values); !status.ok()) {
    return status.Prefixed(Printable(model.weights_path));
  }
  model.file.Release(*place->second);
  return values;
}

}  // namespace convnext
