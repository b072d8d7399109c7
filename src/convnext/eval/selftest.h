#pragma once

#include <string>
#include <vector>

#include "convnext/base/base.h"

namespace convnext {

struct SelftestCheck {
  std::string name;     // "cpu AVX2"
  std::string outcome;  // what was measured, or what went wrong
  bool passed = false;
};

// Runs a small model of synthetic weights, whose embeddings timm has computed in float64, on every SIMD target of this
// machine and on the reference, and decodes and resizes a photograph. Needs no files.
Result<std::vector<SelftestCheck>> RunSelftest();

}  // namespace convnext
