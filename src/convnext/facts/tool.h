#pragma once

#include "convnext/facts/records.h"

namespace convnext {

// The program that runs now. The first call hashes its file: some milliseconds.
ToolFacts CurrentTool();

}  // namespace convnext
