// The part of atc that libfmk_onnx_parser and libge_compiler have too: from ONNX to the description of a model.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "model.h"
#include "plan.h"

namespace ascend_emulator {
namespace {

constexpr int kFloat = 0, kFloat16 = 1, kInt32 = 3, kUint8 = 4;  // aclDataType
constexpr int kNchw = 0, kNd = 2;                                // aclFormat

using Shapes = std::map<std::string, Dims>;

// Names of --input_shape that the model does not have.
std::string CheckNames(const Plan& plan, const Shapes& shapes) {
  for (const auto& [name, dims] : shapes) {
    const bool known = std::any_of(plan.inputs.begin(), plan.inputs.end(),
                                   [&wanted = name](const OnnxValue& input) { return input.name == wanted; });
    if (!known) return fmt::format("E10016: Opname [{}] specified in [--input_shape] is not found in the model", name);
  }
  return "";
}

std::string CheckDims(const std::string& name, const Dims& dims, bool gears) {
  for (size_t d = 0; d < dims.size(); ++d) {
    if (dims[d] > 0) continue;
    if (dims[d] == -1 && d == 0 && gears) continue;
    if (dims[d] == -1 && gears)
      return fmt::format("E10018: Input {}: with --dynamic_batch_size only the first dimension may be -1", name);
    return fmt::format(
        "E10001: Value {} for parameter --input_shape is invalid. Reason: input {} is dynamic; give its shape",
        Text(dims), name);
  }
  return ElementCount(dims) || gears ? ""
                                     : fmt::format(
                                           "E10001: Value {} for parameter --input_shape is invalid. "
                                           "Reason: too large",
                                           Text(dims));
}

std::string AddInput(const OnnxValue& input, const Shapes& shapes, CompiledModel& model) {
  if (input.type != kOnnxFloat && input.type != kOnnxUint8)
    return fmt::format("E10055: Input {} has data type {}; the emulator takes float and uint8", input.name, input.type);
  const auto given = shapes.find(input.name);
  const Dims dims = given != shapes.end() ? given->second : input.dims;
  if (given == shapes.end() && !input.has_shape)
    return fmt::format("E10001: Value for parameter --input_shape is invalid. Reason: input {} has no shape",
                       input.name);
  if (input.has_shape && dims.size() != input.dims.size())
    return fmt::format(
        "E10001: Value {} for parameter --input_shape is invalid. Reason: the model's {} has {} dimensions", Text(dims),
        input.name, input.dims.size());
  const bool bytes = input.type == kOnnxUint8;
  model.inputs.push_back({input.name, bytes ? kUint8 : kFloat, dims.size() == 4 && !bytes ? kNchw : kNd, dims});
  return CheckDims(input.name, dims, !model.gears.empty());
}

std::string AddInputs(const Plan& plan, const Shapes& shapes, CompiledModel& model) {
  if (std::string error = CheckNames(plan, shapes); !error.empty()) return error;
  bool dynamic = false;
  for (const OnnxValue& input : plan.inputs) {
    if (std::string error = AddInput(input, shapes, model); !error.empty()) return error;
    const Dims& dims = model.inputs.back().dims;
    dynamic = dynamic || (!dims.empty() && dims[0] == -1);
  }
  if (!model.gears.empty() && !dynamic)
    return "E10031: --dynamic_batch_size is given, but no input of --input_shape has -1 as its batch";
  if (!model.gears.empty()) model.inputs.push_back({kGearInput, kInt32, kNd, {2}});
  return "";
}

// The shapes of the outputs at one batch.
std::string OutputDims(const Plan& plan, const CompiledModel& model, int64_t batch, std::vector<Dims>& outputs) {
  std::map<size_t, Tensor> values;
  for (size_t i = 0; i < plan.input_slots.size(); ++i) {
    Dims dims = model.inputs[i].dims;
    if (!dims.empty() && dims[0] == -1) dims[0] = batch;
    if (!ElementCount(dims)) return "E10001: Value for parameter --input_shape is invalid. Reason: too large";
    values[plan.input_slots[i]].dims = std::move(dims);
  }
  if (std::string error = Execute(plan, true, values); !error.empty()) return error;
  for (const size_t slot : plan.output_slots) {
    if (values.at(slot).integer) return "E10055: The emulator gives outputs of floats only";
    outputs.push_back(values.at(slot).dims);
  }
  return "";
}

std::string AddOutputs(const Plan& plan, CompiledModel& model) {
  std::vector<Dims> outputs;
  if (std::string error = OutputDims(plan, model, model.gears.empty() ? 1 : model.gears[0], outputs); !error.empty())
    return error;
  for (size_t g = 1; g < model.gears.size(); ++g) {
    std::vector<Dims> others;
    if (std::string error = OutputDims(plan, model, model.gears[g], others); !error.empty()) return error;
    for (size_t i = 0; i < outputs.size(); ++i) {
      if (outputs[i] != others[i]) outputs[i][0] = -1;
    }
  }
  for (size_t i = 0; i < outputs.size(); ++i)
    model.outputs.push_back({plan.outputs[i].name, model.float16_outputs ? kFloat16 : kFloat, kNd, outputs[i]});
  return "";
}

}  // namespace

std::string Compile(CompiledModel& model, const std::map<std::string, std::vector<int64_t>>& input_shapes) {
  model.inputs.clear();
  model.outputs.clear();
  const std::set<std::string> modes = {"origin", "fp16", "cube_fp16in_fp32out", "mixed_float16"};
  if (!modes.contains(model.precision_mode))
    return fmt::format("E10001: Value {} for parameter precision_mode is invalid. Reason: not known to the emulator",
                       model.precision_mode);
  Plan plan;
  if (std::string error = MakePlan(model, false, plan); !error.empty()) return error;
  if (std::string error = AddInputs(plan, input_shapes, model); !error.empty()) return error;
  return AddOutputs(plan, model);
}

}  // namespace ascend_emulator
