// Compiles the SIMD kernels once per target and picks a table at run time.
#include "kernels/kernels.h"

#ifndef CONVNEXT_SCALAR
// SSSE3 adds nothing to SSE2 here, nor AVX3_DL to AVX3.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_AVX3_DL)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd.cc"
#include "hwy/foreach_target.h"
//
#include "hwy/highway.h"
#include "kernels/depthwise-inl.h"
#include "kernels/layer_norm-inl.h"
#include "kernels/matmul-inl.h"

HWY_BEFORE_NAMESPACE();
namespace convnext::HWY_NAMESPACE {

const Kernels<float>& Table() {
  static const Kernels<float> table = {
      hwy::TargetName(HWY_TARGET), ColumnTile(), PackMatrixForTarget, MatMul, Depthwise, LayerNorm, MeanRows};
  return table;
}

}  // namespace convnext::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

#if defined(CONVNEXT_SCALAR) || HWY_ONCE
namespace convnext {

const Kernels<float>& ScalarKernels();

std::vector<const Kernels<float>*> AllKernels() {
  std::vector<const Kernels<float>*> tables;
#ifndef CONVNEXT_SCALAR
  const auto add = [&](int64_t target, const Kernels<float>& table) {
    if ((hwy::SupportedTargets() & target) != 0) tables.push_back(&table);
  };
#if HWY_TARGETS & HWY_AVX3
  add(HWY_AVX3, N_AVX3::Table());
#endif
#if HWY_TARGETS & HWY_AVX2
  add(HWY_AVX2, N_AVX2::Table());
#endif
#if HWY_TARGETS & HWY_SSE4
  add(HWY_SSE4, N_SSE4::Table());
#endif
#if HWY_TARGETS & HWY_SSE2
  add(HWY_SSE2, N_SSE2::Table());
#endif
#if HWY_TARGETS & HWY_NEON
  add(HWY_NEON, N_NEON::Table());
#endif
#endif
  tables.push_back(&ScalarKernels());
  return tables;
}

const Kernels<float>& BestKernels() { return *AllKernels().front(); }

}  // namespace convnext
#endif
