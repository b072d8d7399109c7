// The CPU as a device: float32 or bfloat16 products with SIMD and threads, and the float64 reference.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "convnext/backend/backend.h"

namespace convnext {

// "cpu", or "cpu-reference": the same forward pass over the scalar kernels in float64.
Result<std::unique_ptr<Backend>> MakeCpuBackend(const BackendOptions& options);

// The SIMD targets that this program has and this CPU can run, the best first, "SCALAR" last: those with products of
// one precision, or all.
std::vector<std::string> SimdTargets(std::optional<Precision> products = std::nullopt);

}  // namespace convnext
