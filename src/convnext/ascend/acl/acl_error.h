// AscendCL's error codes: their names, and what they mean for a user.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "convnext/base/base.h"

namespace convnext {

inline constexpr int kAclSuccess = 0;
inline constexpr int kAclRepeatInitialize = 100002;  // somebody in this process has called aclInit before

struct AclErrorName {
  int code;
  const char* name;    // the official macro
  const char* reason;  // code of the reason that a failure with it is reported as
};
std::span<const AclErrorName> AclErrorNames();

// "207001 (ACL_ERROR_RT_MEMORY_ALLOCATION)"; "123 (unknown)".
std::string AclErrorText(int code);

// The failure of `call` with `code`, explained. `message` is what aclGetRecentErrMsg said; may be empty.
BlockingReason ExplainAclError(std::string_view call, int code, std::string_view message);

// The same for a call that gives a handle and gave none; it has no code.
BlockingReason ExplainNoHandle(std::string_view call, std::string_view message);

}  // namespace convnext
