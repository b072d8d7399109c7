// A graph in the order in which it is computed.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "model.h"
#include "operators.h"
#include "precision.h"

namespace ascend_emulator {

constexpr size_t kNoSlot = ~size_t{0};

struct Step {
  OnnxNode node;
  const Operator* op = nullptr;
  NodePrecision precision;
  bool depthwise = false;
  std::vector<size_t> inputs;  // slots; kNoSlot: left out
  size_t output = 0;
  std::vector<size_t> last_uses;  // slots that no later step reads
};

// Slots hold the values: constants, inputs, results.
struct Plan {
  std::string name;  // of the graph
  int64_t opset = 0;
  std::vector<Step> steps;
  std::vector<std::string> slot_names;
  std::map<size_t, Tensor> constants;
  std::vector<OnnxValue> inputs, outputs;  // as the ONNX declares them, without constants
  std::vector<size_t> input_slots, output_slots;
};

// The plan of model.onnx, with the operators that CANN would register; constants without their floats if `with_floats`
// is false. Returns an error as atc prints it, empty if ok.
std::string MakePlan(const CompiledModel& model, bool with_floats, Plan& plan);

// The operator rounds its input to this.
Rounding InputRounding(const Step& step, size_t input);

// Rounds what the precision of the model rounds of the constants, once, and forgets those that are not read.
void RoundConstants(Plan& plan);

// Computes all steps; `values` holds the inputs, by slot, and then the outputs. With `shapes_only` it keeps all values,
// without floats. Returns an error as atc prints it, empty if ok.
std::string Execute(const Plan& plan, bool shapes_only, std::map<size_t, Tensor>& values);

}  // namespace ascend_emulator
