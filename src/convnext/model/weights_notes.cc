#include "convnext/model/weights_notes.h"

#include <algorithm>
#include <functional>

namespace convnext {
namespace {

constexpr size_t kMaxNames = 8;
constexpr size_t kMaxName = 60;

// "a, b and 3 more".
std::string ListNames(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), kMaxNames); ++i)
    text += fmt::format("{}{}", i == 0 ? "" : ", ", Printable(names[i], kMaxName));
  if (names.size() > kMaxNames) text += fmt::format(" and {} more", names.size() - kMaxNames);
  return text;
}

// The modules that `name` shares with `prefix`, and the first that it does not: "model.text.*" of "model.text.ln.bias"
// beside "model.visual.trunk.".
std::string GroupOf(std::string_view name, std::string_view prefix) {
  size_t begin = 0, end = name.find('.');
  while (end != std::string_view::npos && prefix.starts_with(name.substr(0, end + 1))) {
    begin = end + 1;
    end = name.find('.', begin);
  }
  return end == std::string_view::npos ? std::string(name) : fmt::format("{}*", name.substr(0, end + 1));
}

bool IsZero(std::span<const std::byte> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte byte) { return byte == std::byte{0}; });
}

// Biases and layer scales (gamma) may be zero. A product's or a norm's weights make all behind them constant.
bool MustNotBeZero(const std::string& timm_name) { return timm_name.ends_with(".weight"); }

// Whether `part`, which has at least one byte, begins in `whole`.
bool LiesIn(std::span<const std::byte> part, std::span<const std::byte> whole) {
  const std::less<> before;  // pointers into different arrays compare too
  return !before(part.data(), whole.data()) && before(part.data(), whole.data() + whole.size());
}

// Whether the zeros at the end of its file begin inside a tensor, and are more than a few small weights.
bool HasLongEnd(const StoredTensor& tensor, const std::vector<std::span<const std::byte>>& ends) {
  constexpr size_t kPage = 4096;
  return std::any_of(ends.begin(), ends.end(),
                     [&](const auto end) { return end.size() >= kPage && LiesIn(end, tensor.bytes); });
}

std::vector<std::string> NamesOf(const std::vector<const StoredTensor*>& tensors) {
  std::vector<std::string> names;
  names.reserve(tensors.size());
  for (const StoredTensor* tensor : tensors) names.push_back(tensor->name);
  return names;
}

std::string Quoted(const Place& place) { return fmt::format("\"{}\"", Printable(place.prefix, kMaxName)); }

}  // namespace

std::map<std::string, size_t> GroupOthers(const Checkpoint& file, const Place& place) {
  std::map<std::string, std::vector<const StoredTensor*>> groups;
  for (const StoredTensor* tensor : file.tensors()) {
    if (!IsInside(place, tensor->name)) groups[GroupOf(tensor->name, place.prefix)].push_back(tensor);
  }
  std::map<std::string, size_t> counts;
  for (const auto& [group, tensors] : groups) counts[tensors.size() == 1 ? tensors[0]->name : group] = tensors.size();
  return counts;
}

void NoteOthers(const std::map<std::string, size_t>& others, std::vector<std::string>& notes) {
  if (others.empty()) return;
  std::vector<std::string> names;
  size_t count = 0;
  for (const auto& [name, tensors] : others) {
    names.push_back(tensors == 1 ? name : fmt::format("{} ({})", name, tensors));
    count += tensors;
  }
  notes.push_back(fmt::format("{} beside the model {} not used: {}", Pluralize(count, "tensor"),
                              count == 1 ? "is" : "are", ListNames(names)));
}

void NoteOtherPlaces(const std::vector<Place>& places, const Place& chosen, std::vector<std::string>& notes) {
  std::vector<std::string> others;
  for (const Place& place : places) {
    if (place.prefix != chosen.prefix || place.scheme != chosen.scheme) others.push_back(Quoted(place));
  }
  if (others.empty()) return;
  notes.push_back(fmt::format("tensors of more than one ConvNeXt: those {} are used, not those with the prefix {}",
                              chosen.prefix.empty() ? "without a prefix" : "with the prefix " + Quoted(chosen),
                              ListNames(others)));
}

Status CheckWritten(const Checkpoint& file, const ModelFile& model, std::vector<std::string>& notes) {
  std::vector<const StoredTensor*> zero, cut;
  const auto ends = file.ZerosAtEnd();
  for (const auto& [name, tensor] : model.tensors) {
    if (tensor == nullptr || !MustNotBeZero(name)) continue;
    if (IsZero(tensor->bytes)) {
      zero.push_back(tensor);
    } else if (HasLongEnd(*tensor, ends)) {
      cut.push_back(tensor);
    }
  }
  for (const auto end : ends) {
    if (std::none_of(zero.begin(), zero.end(), [&](const StoredTensor* tensor) { return LiesIn(tensor->bytes, end); }))
      continue;
    return Invalid(
        "the last {} bytes of the file are zero, and with them whole tensors ({}): it was not written or downloaded "
        "whole; get it again",
        end.size(), ListNames(NamesOf(zero)));
  }
  constexpr std::string_view kWhy = "the model was pruned, or the file is damaged";
  if (!zero.empty()) {
    notes.push_back(fmt::format("{} zero throughout: {}: {}",
                                zero.size() == 1 ? "1 tensor is" : fmt::format("{} tensors are", zero.size()), kWhy,
                                ListNames(NamesOf(zero))));
  }
  if (!cut.empty())
    notes.push_back(
        fmt::format("zeros from inside a tensor to the end of the file: {}: {}", kWhy, ListNames(NamesOf(cut))));
  return {};
}

}  // namespace convnext
