// The text of aclGetRecentErrMsg for an injected fault.
#pragma once

#include <string>

#include "acl_types.h"

namespace ascend_emulator {

// "EL0004: ... (aclrtMalloc, 207001)": the kind of text that the real library has for this code.
// See docs/ascend-facts.md, "AscendCL: error texts" and "Host: failures".
std::string FaultText(aclError code, const std::string& function);

}  // namespace ascend_emulator
