#pragma once

#include <string>
#include <vector>

#include "convnext/model/places.h"

namespace convnext {

// kInvalid, with what the tensors are instead: the checkpoint has no place with a ConvNeXt.
Status NoConvNeXt(const Checkpoint& file);

// kInvalid, with what to do, if the tensors at `place` are those of a ConvNeXt variant that is not supported.
Status CheckVariant(const Checkpoint& file, const Place& place);

// "; the file has ..., but ...": the tensor that has one of `names` but for its prefix. Empty if there is none.
std::string NearMissText(const Checkpoint& file, const Place& place, const std::vector<std::string>& names);

// The config that the shapes tell; the rest is CLIP's, and its notes say so. kInvalid if the shapes make no sense.
Result<ModelConfig> InferConfig(const Checkpoint& file, const Place& place);

// The outputs of the classifier, 0 without one. One that lies elsewhere counts: it is missing here, and is said to be.
int64_t InferClasses(const Checkpoint& file, const Place& place);

}  // namespace convnext
