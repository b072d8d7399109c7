#include "model/weights_binding.h"

#include <algorithm>

#include "model/tensor_names.h"

namespace convnext {
namespace {

// A message stays under 2000 characters: the first faults are told, each in a line of limited length.
constexpr size_t kMaxFaults = 10;
constexpr size_t kMaxName = 60;
constexpr size_t kMaxShape = 50;

std::string ShortShape(const Shape& shape) { return Printable(ShapeText(shape), kMaxShape); }

// Says how the tensor found for `expected` differs from it; empty if it does not.
std::string DescribeFault(const NamedShape& expected, const StoredTensor* found) {
  const std::string name = Printable(expected.name, kMaxName);
  if (found == nullptr) return fmt::format("{}: missing; expected {}", name, ShortShape(expected.shape));
  if (found->shape != expected.shape) {
    return fmt::format("{}: {}; expected {}", name, ShortShape(found->shape), ShortShape(expected.shape));
  }
  if (!IsFloatDtype(found->dtype)) return fmt::format("{}: dtype {}; expected F32, F16 or BF16", name, found->dtype);
  return {};
}

std::string FaultsText(const std::vector<std::string>& faults) {
  std::string text;
  for (size_t i = 0; i < std::min(faults.size(), kMaxFaults); ++i) text += "\n  " + faults[i];
  if (faults.size() > kMaxFaults) text += fmt::format("\n  and {} more", faults.size() - kMaxFaults);
  return text;
}

// A config that does not say the number of classes leaves it to the weights (timm: 1000, and no other weights load).
Status TakeNumClasses(const NamedTensors& named, ConvNeXtConfig& config) {
  if (!config.assumes_num_classes) return {};
  const auto head = named.tensors.find("head.fc.weight");
  const bool is_there = head != named.tensors.end() && head->second->shape.size() == 2;
  config.num_classes = is_there ? head->second->shape[0] : 0;
  config.assumes_num_classes = false;
  config.notes.push_back(fmt::format("the config does not say num_classes: the weights have {}", config.num_classes));
  return CheckConfig(config);
}

// Moves the tensors that the config expects into `model`; tells the faults of all.
std::vector<std::string> BindTensors(NamedTensors named, ModelFile& model) {
  std::vector<std::string> faults;
  for (const NamedShape& expected : ExpectedTensors(model.config)) {
    const auto place = named.tensors.find(expected.name);
    const StoredTensor* found = place == named.tensors.end() ? nullptr : place->second;
    if (place != named.tensors.end()) named.tensors.erase(place);
    const bool left_out =
        found == nullptr && named.naming == NamingScheme::kOpenClip && expected.name == "head.fc.bias";
    const std::string fault = left_out ? "" : DescribeFault(expected, found);
    if (!fault.empty()) faults.push_back(fault);
    model.tensors[expected.name] = found;
  }
  for (const auto& [name, tensor] : named.tensors) {
    faults.push_back(fmt::format("{}: {}; not expected", Printable(tensor->name, kMaxName), ShortShape(tensor->shape)));
  }
  return faults;
}

}  // namespace

Result<ModelFile> BindModel(Safetensors file, const ConvNeXtConfig* config, const std::string& source) {
  NamedTensors named = NameTensors(file);
  if (Status status = CheckVariant(named); !status.ok()) return status.Prefixed(Printable(source));
  const auto own = config != nullptr ? Result<ConvNeXtConfig>(*config) : InferConfig(named);
  if (!own.ok()) return own.status().Prefixed(Printable(source));

  ModelFile model;
  model.config = *own;
  model.naming = named.naming;
  if (Status status = TakeNumClasses(named, model.config); !status.ok()) return status.Prefixed(Printable(source));
  const auto faults = BindTensors(std::move(named), model);
  if (!faults.empty()) {
    return Invalid(
        "{}: {} not as {} with depths {} and dims {} has them; use the config.json that belongs to the weights:{}",
        Printable(source), faults.size() == 1 ? "1 tensor is" : fmt::format("{} tensors are", faults.size()),
        model.config.architecture, ShapeText(model.config.depths), ShapeText(model.config.dims), FaultsText(faults));
  }
  const auto synthetic = file.metadata().find("synthetic");
  model.synthetic = synthetic != file.metadata().end() && synthetic->second == "true";
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
