#pragma once

#include "convnext/engine.h"
#include "convnext/eval/model_facts.h"
#include "convnext/facts/facts.h"

namespace convnext {

// A model as records hold it.
ModelFacts DescribeModel(const ModelDescription& model);

}  // namespace convnext
