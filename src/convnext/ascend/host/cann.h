// Huawei's CANN on a host: where it is, which version, and the variables that its programs need.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "convnext/base/base.h"

namespace convnext {

struct CannInstallation {
  std::string root;                        // "/usr/local/Ascend/ascend-toolkit/latest"
  std::optional<std::string> version;      // public: "8.1.RC1"
  std::optional<std::string> opp_version;  // of the operator package: "7.7.0.1.238"
  std::optional<std::string> atc;          // the compiler's path; absent in runtime-only installations (nnrt)
  std::optional<std::string> set_env;      // the path of its set_env.sh
};

// Where CANN may be, in the order in which its own tools look: the variables of the machine, then the usual places.
std::vector<std::string> CannRoots(const Machine& machine);

// The first of CannRoots that holds one.
std::optional<CannInstallation> FindCann(const Machine& machine);

// The variables that its set_env.sh would set, with what is already set kept: for atc as a child process, so that a
// user need not source anything. See docs/ascend-facts.md, "Host: environment variables".
std::map<std::string, std::string> CannEnvironment(const Machine& machine, const CannInstallation& cann);

// Those of CannEnvironment that a program needs from its start on to use an NPU of this machine: empty if set_env.sh
// was sourced, or if there is no CANN or no device.
std::map<std::string, std::string> MissingCannVariables(const Machine& machine);

// The platform_config that tells whether this CANN knows a chip; nullopt if it does not. `soc_version`: "Ascend910B4".
std::optional<std::string> FindPlatformConfig(const Machine& machine, const CannInstallation& cann,
                                              const std::string& soc_version);

// The chips that this CANN knows, sorted.
std::vector<std::string> KnownSocVersions(const Machine& machine, const CannInstallation& cann);

}  // namespace convnext
