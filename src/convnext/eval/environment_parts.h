// The parts of CollectEnvironment.
#pragma once

#include <string>

#include "convnext/eval/environment.h"

namespace convnext {

// The text that Python's platform.platform() makes of uname's fields and the C library's name and version.
std::string PlatformText(const std::string& system, const std::string& release, const std::string& architecture,
                         const std::string& libc);

void CollectSystem(const Machine& machine, EnvironmentRecord& record);
void CollectProcessor(const Machine& machine, EnvironmentRecord& record);
void CollectNpu(const Machine& machine, EnvironmentRecord& record);

}  // namespace convnext
