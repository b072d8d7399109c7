// Compiles the SIMD kernels once per target and picks a table at run time.
#include "convnext/kernels/kernels.h"

#ifndef CONVNEXT_SCALAR
// SSSE3 adds nothing to SSE2 here, nor AVX3_DL to AVX3. SVE has run on no machine yet; today's cores that have it
// (Neoverse) do as many multiply-adds a cycle with NEON. To try it, take it out here and add it to SupportedTables.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_AVX3_DL | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "convnext/kernels/simd.cc"
#include "hwy/foreach_target.h"
//
#include "convnext/kernels/depthwise-inl.h"
#include "convnext/kernels/layer_norm-inl.h"
#include "convnext/kernels/matmul-inl.h"
#include "convnext/kernels/matmul_bfloat16-inl.h"
#include "convnext/kernels/peak-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace convnext::HWY_NAMESPACE {

const Vectors<float>& VectorsTable() {
  static const Vectors<float> table = {hwy::TargetName(HWY_TARGET), ColumnTile(), Depthwise, LayerNorm, MeanRows};
  return table;
}

const Products<float>& Float32Table() {
  static const Products<float> table = {
      hwy::TargetName(HWY_TARGET), Precision::kFloat32,     &VectorsTable(), Float32Operands::Layout(), kRowTile,
      PackMatrixForTarget,         MatMul<Float32Operands>, MultiplyAdds};
  return table;
}

const Products<float>& Bfloat16Table() {
  static const Products<float> table = {hwy::TargetName(HWY_TARGET),
                                        Precision::kBfloat16,
                                        &VectorsTable(),
                                        EmulatedBfloat16Operands::Layout(),
                                        kRowTile,
                                        PackBfloat16MatrixForTarget,
                                        MatMul<EmulatedBfloat16Operands>,
                                        MultiplyAdds};
  return table;
}

#if HWY_TARGET == HWY_AVX3
const Products<float>& DotBfloat16Table() {
  static const Products<float> table = {"AVX3_BF16",
                                        Precision::kBfloat16,
                                        &VectorsTable(),
                                        DotBfloat16Operands::Layout(),
                                        kRowTile,
                                        PackBfloat16MatrixForTarget,
                                        MatMul<DotBfloat16Operands>,
                                        MultiplyAddsBfloat16};
  return table;
}
#endif

}  // namespace convnext::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

#if defined(CONVNEXT_SCALAR) || HWY_ONCE
namespace convnext {

const Products<float>& ScalarProducts();
const Products<float>& ScalarBfloat16Products();

namespace {

std::vector<const Products<float>*> SupportedTables() {
  std::vector<const Products<float>*> tables;
#ifndef CONVNEXT_SCALAR
  // Functions, not tables: what makes a table is compiled for its target, too, and may be called only there.
  using MakeTable = const Products<float>& (*)();
  const auto add = [&](int64_t target, std::initializer_list<MakeTable> makers) {
    if ((hwy::SupportedTargets() & target) == 0) return;
    for (const MakeTable make : makers) tables.push_back(&make());
  };
#if HWY_TARGETS & HWY_AVX3
  if (HasBfloat16Dot()) add(HWY_AVX3, {N_AVX3::DotBfloat16Table});
  add(HWY_AVX3, {N_AVX3::Float32Table, N_AVX3::Bfloat16Table});
#endif
#if HWY_TARGETS & HWY_AVX2
  add(HWY_AVX2, {N_AVX2::Float32Table, N_AVX2::Bfloat16Table});
#endif
#if HWY_TARGETS & HWY_SSE4
  add(HWY_SSE4, {N_SSE4::Float32Table, N_SSE4::Bfloat16Table});
#endif
#if HWY_TARGETS & HWY_SSE2
  add(HWY_SSE2, {N_SSE2::Float32Table, N_SSE2::Bfloat16Table});
#endif
#if HWY_TARGETS & HWY_NEON
  add(HWY_NEON, {N_NEON::Float32Table, N_NEON::Bfloat16Table});
#endif
#endif
  tables.push_back(&ScalarProducts());
  tables.push_back(&ScalarBfloat16Products());
  return tables;
}

}  // namespace

std::vector<const Products<float>*> AllProducts(Precision precision) {
  std::vector<const Products<float>*> tables = SupportedTables();
  std::erase_if(tables, [precision](const Products<float>* table) { return table->precision != precision; });
  return tables;
}
const Products<float>& BestProducts() { return *AllProducts().front(); }

}  // namespace convnext
#endif
