#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "convnext/model/weights_binding.h"

namespace convnext {

// A place in a checkpoint where a ConvNeXt lies: whose names its tensors have, and the text before them.
struct Place {
  NamingScheme scheme = NamingScheme::kTimm;
  std::string prefix;     // before timm's or Facebook's names: "", "module.model.", "visual.trunk."
  bool mlp_head = false;  // open_clip's projection is its MLP

  std::string ModelPrefix() const;  // open_clip's projection lies beside the trunk: the text before both
};

// The places where the first tensors of a ConvNeXt lie, in the order of their prefixes; one more than kMaxPlaces at
// most.
inline constexpr size_t kMaxPlaces = 16;
std::vector<Place> FindPlaces(const Checkpoint& file);

// The names that the tensor which timm calls `timm_name` may have at a place; the first is the one to expect.
std::vector<std::string> StoredNames(const Place& place, const std::string& timm_name);

// The tensor that timm calls `timm_name`; nullptr if there is none at this place.
const StoredTensor* FindTensor(const Checkpoint& file, const Place& place, const std::string& timm_name);

// Whether a tensor of this name would be part of a ConvNeXt at this place. What is not lies beside it: a text tower,
// the state of an optimizer, another head.
bool IsInside(const Place& place, std::string_view name);

// A tensor that would have one of `names` if its prefix were another; nullptr if there is none.
const StoredTensor* FindNearMiss(const Checkpoint& file, const Place& place, const std::vector<std::string>& names);

}  // namespace convnext
