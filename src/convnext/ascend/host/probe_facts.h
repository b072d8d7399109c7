#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "convnext/base/base.h"

namespace convnext {

// The answers of the library and the device.
struct ProbeFacts {
  std::optional<std::string> soc_name;  // aclrtGetSocName: "Ascend910B4"
  std::optional<int64_t> device_count;
  std::optional<std::string> driver_version, cann_version;  // as the libraries tell them
  int64_t free_bytes = 0, total_bytes = 0;                  // of the device
  std::vector<BlockingReason> failures;                     // of the calls, explained from their error codes
  std::string library_error;  // dlerror() where libascendcl.so could not be loaded; empty otherwise
};

// ProbeFacts::library_error where nothing was tried, as for a machine that is just a directory of files.
inline constexpr const char* kNotTried = "not tried";

}  // namespace convnext
