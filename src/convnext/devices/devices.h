// The devices that this program can run a model on: the one place that knows them all.
#pragma once

#include <memory>

#include "convnext/backend/backend.h"
#include "convnext/cpu/cpu.h"

namespace convnext {

// kInvalid for a device or dtype that does not exist.
Result<std::unique_ptr<Backend>> MakeBackend(const BackendOptions& options);

}  // namespace convnext
