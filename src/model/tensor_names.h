#pragma once

#include <map>
#include <string>

#include "model/weights_binding.h"

namespace convnext {

// The tensors of a file by their timm names. Those of open_clip's text tower are left out; tensors that have no timm
// name keep their own.
struct NamedTensors {
  NamingScheme naming = NamingScheme::kTimm;
  std::map<std::string, const StoredTensor*> tensors;
};
NamedTensors NameTensors(const Safetensors& file);

// kInvalid, with what to do, if the tensors are those of a ConvNeXt variant that is not supported, or of no ConvNeXt.
Status CheckVariant(const NamedTensors& named);

// The config that the shapes tell; the rest is CLIP's, and its notes say so. kInvalid if the shapes make no sense.
Result<ConvNeXtConfig> InferConfig(const NamedTensors& named);

}  // namespace convnext
