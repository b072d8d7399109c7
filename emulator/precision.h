// The precision of a chip by the flags that a model was compiled with: docs/ascend-facts.md, "Compiling: precision".
#pragma once

#include <string>

#include "model.h"
#include "onnx_reader.h"
#include "rounding.h"

namespace ascend_emulator {

struct NodePrecision {
  Rounding products = Rounding::kNone;  // of inputs 0 and 1, the two factors of a Conv, MatMul or Gemm
  Rounding others = Rounding::kNone;    // of the other inputs
  Rounding output = Rounding::kNone;
};

// An operator of the cube unit: Conv, MatMul, Gemm.
bool OnCube(const OnnxNode& node);

// `depthwise`: a convolution whose groups are single channels.
NodePrecision PrecisionOf(const CompiledModel& model, const OnnxNode& node, bool depthwise);

// Whether the chip has the kernels for this; an error as atc prints it, empty if so.
std::string CheckCube(const CompiledModel& model, const OnnxNode& node);

}  // namespace ascend_emulator
