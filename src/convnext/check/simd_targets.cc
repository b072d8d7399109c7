#include "convnext/check/simd_targets.h"

#include <algorithm>

namespace convnext {

const std::vector<SimdTargetFacts>& KnownSimdTargets() {
  static const std::vector<SimdTargetFacts> targets = {
      {"AVX3_BF16", "x86_64", {"avx512f", "avx512_bf16"}, 2 * 16 * 2 * 4},
      {"AVX3", "x86_64", {"avx512f"}, 16 * 2 * 4},
      {"AVX2", "x86_64", {"avx2", "fma"}, 8 * 2 * 4},
      {"SSE4", "x86_64", {"sse4_1"}, 4 * 2 * 4},
      {"SSE2", "x86_64", {}, 4 * 2 * 4},
      {"NEON", "aarch64", {}, 4 * 2 * 4},  // no flags: under QEMU they are those of the machine beneath
      {"SCALAR", "", {}, 4 * 2 * 4},       // compilers put four lanes in it
  };
  return targets;
}

const SimdTargetFacts* FindSimdTarget(std::string_view name) {
  const auto& targets = KnownSimdTargets();
  const auto found =
      std::find_if(targets.begin(), targets.end(), [&](const auto& known) { return known.name == name; });
  return found == targets.end() ? nullptr : &*found;
}

}  // namespace convnext
