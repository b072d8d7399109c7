// Compiles the SIMD kernels once per target and picks a table at run time.
#include "kernels/kernels.h"

#ifndef CONVNEXT_SCALAR
// SSSE3 adds nothing to SSE2 here, nor AVX3_DL to AVX3. SVE has run on no machine yet; today's cores that have it
// (Neoverse) do as many multiply-adds a cycle with NEON. To try it, take it out here and add it to SupportedTables.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_AVX3_DL | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd.cc"
#include "hwy/foreach_target.h"
//
#include "hwy/highway.h"
#include "kernels/depthwise-inl.h"
#include "kernels/layer_norm-inl.h"
#include "kernels/matmul-inl.h"
#include "kernels/matmul_bfloat16-inl.h"
#include "kernels/peak-inl.h"

HWY_BEFORE_NAMESPACE();
namespace convnext::HWY_NAMESPACE {

const Kernels<float>& Table() {
  static const Kernels<float> table = {
      hwy::TargetName(HWY_TARGET), Precision::kFloat32, ColumnTile(), kRowTile, 1,           PackMatrixForTarget,
      MatMul<Float32Products>,     Depthwise,           LayerNorm,    MeanRows, MultiplyAdds};
  return table;
}

const Kernels<float>& Bfloat16Table() {
  static const Kernels<float> table = [] {
    Kernels<float> kernels = Table();
    kernels.products = Precision::kBfloat16;
    kernels.weights_per_element = 2;
    kernels.pack_matrix = PackBfloat16MatrixForTarget;
    kernels.matmul = MatMul<EmulatedBfloat16Products>;
    return kernels;
  }();
  return table;
}

#if HWY_TARGET == HWY_AVX3
const Kernels<float>& DotBfloat16Table() {
  static const Kernels<float> table = [] {
    Kernels<float> kernels = Bfloat16Table();
    kernels.name = "AVX3_BF16";
    kernels.matmul = MatMul<DotBfloat16Products>;
    kernels.multiply_adds = MultiplyAddsBfloat16;
    return kernels;
  }();
  return table;
}
#endif

}  // namespace convnext::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

#if defined(CONVNEXT_SCALAR) || HWY_ONCE
namespace convnext {

const Kernels<float>& ScalarKernels();
const Kernels<float>& ScalarBfloat16Kernels();

namespace {

std::vector<const Kernels<float>*> SupportedTables() {
  std::vector<const Kernels<float>*> tables;
#ifndef CONVNEXT_SCALAR
  // Functions, not tables: what makes a table is compiled for its target, too, and may be called only there.
  using MakeTable = const Kernels<float>& (*)();
  const auto add = [&](int64_t target, std::initializer_list<MakeTable> makers) {
    if ((hwy::SupportedTargets() & target) == 0) return;
    for (const MakeTable make : makers) tables.push_back(&make());
  };
#if HWY_TARGETS & HWY_AVX3
  if (HasBfloat16Dot()) add(HWY_AVX3, {N_AVX3::DotBfloat16Table});
  add(HWY_AVX3, {N_AVX3::Table, N_AVX3::Bfloat16Table});
#endif
#if HWY_TARGETS & HWY_AVX2
  add(HWY_AVX2, {N_AVX2::Table, N_AVX2::Bfloat16Table});
#endif
#if HWY_TARGETS & HWY_SSE4
  add(HWY_SSE4, {N_SSE4::Table, N_SSE4::Bfloat16Table});
#endif
#if HWY_TARGETS & HWY_SSE2
  add(HWY_SSE2, {N_SSE2::Table, N_SSE2::Bfloat16Table});
#endif
#if HWY_TARGETS & HWY_NEON
  add(HWY_NEON, {N_NEON::Table, N_NEON::Bfloat16Table});
#endif
#endif
  tables.push_back(&ScalarKernels());
  tables.push_back(&ScalarBfloat16Kernels());
  return tables;
}

}  // namespace

std::vector<const Kernels<float>*> AllKernels(Precision products) {
  std::vector<const Kernels<float>*> tables = SupportedTables();
  std::erase_if(tables, [products](const Kernels<float>* table) { return table->products != products; });
  return tables;
}
const Kernels<float>& BestKernels() { return *AllKernels().front(); }

}  // namespace convnext
#endif
