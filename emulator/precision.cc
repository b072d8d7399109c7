#include "precision.h"

#include <fmt/format.h>

namespace ascend_emulator {

bool CubeHasFloat32(std::string_view soc_version) {
  // "Ascend910B" without a digit was an older chip.
  constexpr std::string_view kA2 = "Ascend910B", kA3 = "Ascend910_93";
  if (soc_version.starts_with(kA3)) return true;
  return soc_version.starts_with(kA2) && soc_version.size() > kA2.size() && soc_version[kA2.size()] >= '0' &&
         soc_version[kA2.size()] <= '9';
}

bool OnCube(const OnnxNode& node) { return node.type == "Conv" || node.type == "MatMul" || node.type == "Gemm"; }

NodePrecision PrecisionOf(const CompiledModel& model, const OnnxNode& node, bool depthwise) {
  const bool cube = OnCube(node);
  if (model.precision_mode == "fp16") return {Rounding::kFloat16, Rounding::kFloat16, Rounding::kFloat16};
  if (!cube) return {};
  if (model.precision_mode == "cube_fp16in_fp32out") return {Rounding::kFloat16, Rounding::kNone, Rounding::kNone};
  if (model.precision_mode == "mixed_float16") return {Rounding::kFloat16, Rounding::kNone, Rounding::kFloat16};
  const bool convolution = depthwise ? model.hf32_depthwise : model.hf32_convolution;
  const bool hf32 = CubeHasFloat32(model.soc_version) && (node.type == "Conv" ? convolution : model.hf32_matmul);
  return {hf32 ? Rounding::kHf32 : Rounding::kNone, Rounding::kNone, Rounding::kNone};
}

std::string CheckCube(const CompiledModel& model, const OnnxNode& node) {
  if (model.precision_mode != "origin" || !OnCube(node) || CubeHasFloat32(model.soc_version)) return "";
  return fmt::format(
      "E20001: Operator compile failed: {}, optype: {}.\n"
      "EZ9999: Inner Error! No engine supports the operator: the cube unit of {} has no float32 kernel for it",
      node.name, node.type, model.soc_version);
}

}  // namespace ascend_emulator
