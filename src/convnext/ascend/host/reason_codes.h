#pragma once

#include <string_view>

namespace convnext {

// Whether this program has a reason of that code: why an NPU cannot be used (docs/ascend.md explains each).
bool IsReasonCode(std::string_view code);

}  // namespace convnext
