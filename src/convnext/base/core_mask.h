// An affinity mask for more cores than glibc's own cpu_set_t has, 1024: the system refuses a mask that is shorter than
// its own, also where few of the cores that it has room for are there. Internal to base/.
#pragma once

#include <sched.h>

#include <array>

namespace convnext {

inline constexpr int kMostCores = 65536;
using CoreMask = std::array<cpu_set_t, kMostCores / CPU_SETSIZE>;

}  // namespace convnext
