#pragma once

#include <optional>
#include <string>

#include "convnext/ascend/host/cann.h"

namespace convnext {

// The reason against compiling for a chip that this CANN does not know; nullopt if it knows it, or cannot say.
std::optional<BlockingReason> UnknownChip(const Machine& machine, const CannInstallation& cann,
                                          const std::string& soc_version);

}  // namespace convnext
