// The inputs of a new plan.
#pragma once

#include <string>
#include <vector>

#include "convnext/embed/embed.h"

namespace convnext::cli {

// What --input names; "-" and "tar:-" are read from standard input, the tar into `output`.
Result<FoundInputs> FindNewInputs(EmbedInputOptions input, const std::string& output);
// As plans hold it.
std::string InputsJson(const std::vector<std::string>& inputs);
// How far the counting of samples is, on a terminal.
void ShowCounting(size_t done, size_t total);

}  // namespace convnext::cli
