#pragma once

#include <memory>
#include <vector>

#include "convnext/backend/backend.h"

namespace convnext {

// devices: empty for all that are visible.
Result<std::unique_ptr<Backend>> MakeNpuBackend(std::vector<int> devices, const BackendOptions& options);

}  // namespace convnext
