// The SIMD targets of this program's kernels: what a CPU needs to run one, and how fast it can be.
#pragma once

#include <string_view>
#include <vector>

namespace convnext {

struct SimdTargetFacts {
  std::string_view name, architecture;  // any architecture where empty
  std::vector<std::string_view> flags;  // of /proc/cpuinfo
  // The most multiplications and additions that a core does in a cycle: lanes of float32 (or pairs of bfloat16), twice
  // (a multiply-add is two), in four pipes, where today's cores have two to four.
  int operations_in_a_cycle;
};

const std::vector<SimdTargetFacts>& KnownSimdTargets();
const SimdTargetFacts* FindSimdTarget(std::string_view name);  // nullptr for one that is not known

}  // namespace convnext
