// Whether a compiled graph computes in less than float32: flags ask the compiler to keep float32, its output tells.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "convnext/ascend/compile/atc.h"

namespace convnext {

struct PrecisionAudit {
  int64_t operators = 0;      // in all graphs of the model
  int64_t float16_count = 0;  // of them, those that read or write float16 or bfloat16; a cast to it is one
  std::vector<std::string> float16_operators;  // "NAME (TYPE)", the first few, constants last
};

// Looks through the JSON that `atc --mode=1` makes of a compiled model: graphs of operators, each with descriptors of
// its inputs and outputs. Operators are found at any depth, so that another arrangement of graphs does not hide them.
// kInvalid if it is not JSON or names no type of any operator: then nothing was looked at.
// See docs/ascend-facts.md, "Compiling: precision".
Result<PrecisionAudit> ParseGraphJson(std::string_view json);

// Has atc write the JSON of the compiled model `om` into `directory` and looks through it.
Result<PrecisionAudit> AuditPrecision(const Atc& atc, const std::string& om, const std::string& directory);

}  // namespace convnext
