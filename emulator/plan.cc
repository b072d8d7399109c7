#include "plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace ascend_emulator {
namespace {

std::string DamagedModel(const std::string& what) { return "E13005: Failed to parse the ONNX model: " + what; }

std::string InvalidNode(const OnnxNode& node, const std::string& what) {
  return fmt::format("E14001: Argument of operator {}, optype: {}, is invalid: {}", node.name, node.type, what);
}

// Makes the steps of a graph whose names it learns as it goes.
class Planner {
 public:
  Planner(const CompiledModel& model, bool with_floats, Plan& plan)
      : model_(model), with_floats_(with_floats), plan_(plan) {}

  std::string AddConstants(std::vector<OnnxTensor> initializers) {
    for (const OnnxTensor& initializer : initializers) {
      Tensor tensor;
      if (std::string error = MakeTensor(initializer, with_floats_, tensor); !error.empty()) return DamagedModel(error);
      if (slots_.contains(initializer.name)) return DamagedModel(initializer.name + " is there twice");
      plan_.constants[NewSlot(initializer.name)] = std::move(tensor);
    }
    return "";
  }

  // Initializers may be listed among the inputs.
  std::string AddInputs(std::vector<OnnxValue> inputs) {
    for (OnnxValue& input : inputs) {
      if (slots_.contains(input.name)) continue;
      plan_.input_slots.push_back(NewSlot(input.name));
      plan_.inputs.push_back(std::move(input));
    }
    return plan_.inputs.empty() ? "E16001: The model has no input" : "";
  }

  std::string AddNode(OnnxNode node) {
    if (node.name.empty()) node.name = fmt::format("{}_{}", node.type, plan_.steps.size());
    Step step;
    step.op = FindOperator(node.domain, node.type, plan_.opset);
    if (std::string error = CheckNode(node, *step.op); !error.empty()) return InvalidNode(node, error);
    for (const std::string& input : node.inputs) {
      const auto slot = slots_.find(input);
      if (!input.empty() && slot == slots_.end()) return InvalidNode(node, "nothing before it makes " + input);
      step.inputs.push_back(input.empty() ? kNoSlot : slot->second);
    }
    if (slots_.contains(node.outputs[0])) return InvalidNode(node, node.outputs[0] + " is there twice");
    step.output = NewSlot(node.outputs[0]);
    step.node = std::move(node);
    return step.node.type == "Constant" ? AddConstant(step) : AddStep(std::move(step));
  }

  std::string AddOutputs(std::vector<OnnxValue> outputs) {
    for (OnnxValue& output : outputs) {
      const auto slot = slots_.find(output.name);
      if (slot == slots_.end()) return DamagedModel("nothing makes the output " + output.name);
      plan_.output_slots.push_back(slot->second);
      plan_.outputs.push_back(std::move(output));
    }
    return plan_.outputs.empty() ? DamagedModel("it has no output") : "";
  }

 private:
  size_t NewSlot(const std::string& name) {
    const size_t slot = plan_.slot_names.size();
    slots_[name] = slot;
    plan_.slot_names.push_back(name);
    return slot;
  }

  std::string AddConstant(const Step& step) {
    Tensor tensor;
    const std::string error = Constant({step.node, {}, !with_floats_}, tensor);
    if (!error.empty()) return InvalidNode(step.node, error);
    plan_.constants[step.output] = std::move(tensor);
    return "";
  }

  std::string AddStep(Step step) {
    if (std::string error = CheckCube(model_, step.node); !error.empty()) return error;
    const auto weight = step.inputs.size() > 1 ? plan_.constants.find(step.inputs[1]) : plan_.constants.end();
    const bool single =
        weight == plan_.constants.end() || (weight->second.dims.size() > 1 && weight->second.dims[1] == 1);
    step.depthwise = step.node.type == "Conv" && step.node.Integer("group", 1) > 1 && single;
    step.precision = PrecisionOf(model_, step.node, step.depthwise);
    plan_.steps.push_back(std::move(step));
    return "";
  }

  const CompiledModel& model_;
  bool with_floats_;
  Plan& plan_;
  std::map<std::string, size_t> slots_;
};

std::string CheckOperators(const OnnxModel& onnx, int64_t opset) {
  for (const OnnxNode& node : onnx.nodes) {
    if (FindOperator(node.domain, node.type, opset) != nullptr) continue;
    return fmt::format("E13010: No operator plugin is registered for Op: {}, optype: {}::{}::{}", node.name,
                       node.domain.empty() ? "ai.onnx" : node.domain, opset, node.type);
  }
  return "";
}

void FindLastUses(Plan& plan) {
  std::set<size_t> later(plan.output_slots.begin(), plan.output_slots.end());
  for (auto step = plan.steps.rbegin(); step != plan.steps.rend(); ++step) {
    for (const size_t slot : step->inputs) {
      if (slot != kNoSlot && !plan.constants.contains(slot) && later.insert(slot).second)
        step->last_uses.push_back(slot);
    }
    if (later.insert(step->output).second) step->last_uses.push_back(step->output);  // nobody reads it
  }
}

std::string RunStep(const Plan& plan, const Step& step, bool shapes_only, std::map<size_t, Tensor>& values) {
  std::vector<Tensor> inputs;
  inputs.reserve(step.inputs.size());
  Arguments arguments{step.node, {}, shapes_only};
  for (size_t i = 0; i < step.inputs.size(); ++i) {
    if (step.inputs[i] == kNoSlot) {
      arguments.inputs.push_back(nullptr);
      continue;
    }
    const auto constant = plan.constants.find(step.inputs[i]);
    const Tensor& value = constant != plan.constants.end() ? constant->second : values.at(step.inputs[i]);
    inputs.push_back(Rounded(value, InputRounding(step, i)));
    arguments.inputs.push_back(&inputs.back());
  }
  Tensor output;
  if (std::string error = step.op->run(arguments, output); !error.empty()) return InvalidNode(step.node, error);
  values[step.output] = Rounded(output, step.precision.output);
  return "";
}

}  // namespace

Rounding InputRounding(const Step& step, size_t input) {
  return input < 2 ? step.precision.products : step.precision.others;
}

std::string MakePlan(const CompiledModel& model, bool with_floats, Plan& plan) {
  OnnxModel onnx;
  if (std::string error = ParseOnnx(model.onnx, onnx); !error.empty()) return DamagedModel(error);
  const auto opset = onnx.Opset();
  if (!opset) return "E16005: The model does not name one opset of the domain ai.onnx";
  plan.name = onnx.name;
  plan.opset = *opset;
  if (std::string error = CheckOperators(onnx, *opset); !error.empty()) return error;
  Planner planner(model, with_floats, plan);
  if (std::string error = planner.AddConstants(std::move(onnx.initializers)); !error.empty()) return error;
  if (std::string error = planner.AddInputs(std::move(onnx.inputs)); !error.empty()) return error;
  for (OnnxNode& node : onnx.nodes) {
    if (std::string error = planner.AddNode(std::move(node)); !error.empty()) return error;
  }
  if (std::string error = planner.AddOutputs(std::move(onnx.outputs)); !error.empty()) return error;
  FindLastUses(plan);
  return "";
}

void RoundConstants(Plan& plan) {
  std::map<std::pair<size_t, Rounding>, size_t> slots;  // of each constant, rounded in each way
  std::map<size_t, Tensor> used;
  for (Step& step : plan.steps) {
    for (size_t i = 0; i < step.inputs.size(); ++i) {
      const auto constant = plan.constants.find(step.inputs[i]);
      if (constant == plan.constants.end()) continue;
      const auto [slot, added] = slots.try_emplace({constant->first, InputRounding(step, i)}, plan.slot_names.size());
      step.inputs[i] = slot->second;
      if (!added) continue;
      plan.slot_names.push_back(plan.slot_names[constant->first]);
      used[slot->second] = Rounded(constant->second, InputRounding(step, i));
    }
  }
  for (const size_t slot : plan.output_slots) {
    if (const auto constant = plan.constants.find(slot); constant != plan.constants.end()) used.insert(*constant);
  }
  plan.constants = std::move(used);
}

std::string Execute(const Plan& plan, bool shapes_only, std::map<size_t, Tensor>& values) {
  for (const Step& step : plan.steps) {
    if (std::string error = RunStep(plan, step, shapes_only, values); !error.empty()) return error;
    for (const size_t slot : step.last_uses) {
      if (!shapes_only) values.erase(slot);
    }
  }
  for (const size_t slot : plan.output_slots) {
    if (const auto constant = plan.constants.find(slot); constant != plan.constants.end())
      values[slot] = constant->second;
  }
  return "";
}

}  // namespace ascend_emulator
