#pragma once

#include "engine/engine.h"
#include "eval/records.h"

namespace convnext {

// The program that runs now. The first call hashes its file: some milliseconds.
ToolFacts CurrentTool();

// A model as records hold it.
ModelFacts DescribeModel(const ModelDescription& model);

}  // namespace convnext
