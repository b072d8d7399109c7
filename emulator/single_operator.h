// One operator of CANN's own set (not ONNX's), as aclopCompileAndExecute takes it, computed with the emulator's ONNX
// operators.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "model.h"
#include "op_attributes.h"
#include "runtime.h"
#include "tensor.h"

namespace ascend_emulator {

struct SingleOperator {
  std::string type;                       // "Conv2D", "BatchMatMul", "Add"
  std::vector<TensorDescription> inputs;  // of undefined type: left out
  TensorDescription output;
  std::map<std::string, aclopAttrValue> attributes;
  CompiledModel flags;  // soc_version, precision_mode and hf32_*: what it is computed in
};

// Whether it can be compiled. Returns an error as CANN words it ("EZ3003: ..."), empty if ok.
std::string CheckOperator(const SingleOperator& op);

// inputs[i]: the bytes of input i, none of those left out. Returns an error text, empty if ok.
std::string RunOperator(const SingleOperator& op, const std::vector<std::string_view>& inputs, std::string& output);

}  // namespace ascend_emulator
