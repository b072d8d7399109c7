#pragma once

#include "engine/engine.h"
#include "eval/records.h"

namespace convnext {

// The program that runs now. It hashes its own file: some milliseconds.
ToolFacts CurrentTool();

// A model as records hold it.
ModelFacts DescribeModel(const ModelDescription& model);

}  // namespace convnext
