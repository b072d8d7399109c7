// Tries the device for real: loads CANN's library and asks it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "convnext/ascend/host/host.h"
#include "convnext/base/base.h"

namespace convnext {

class AclRuntime;

// The facts known of a failure to use the NPUs, without trying again. `runtime` may be nullptr.
ProbeFacts FactsOfFailure(const Status& failure, const AclRuntime* runtime);

// Loads libascendcl, then aclInit, the count, aclrtSetDevice, a context, a stream and a little memory.
ProbeFacts ProbeAscend(const Machine& machine, const std::optional<CannInstallation>& cann, int device);

}  // namespace convnext
