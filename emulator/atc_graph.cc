#include "atc_graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "plan.h"

namespace ascend_emulator {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kFloatName = "DT_FLOAT";
constexpr const char* kHalfName = "DT_FLOAT16";

const char* FloatType(Rounding rounding) { return rounding == Rounding::kFloat16 ? kHalfName : kFloatName; }

// The compiler's own names of operators.
std::string CompiledType(const Step& step, size_t rank) {
  constexpr std::pair<std::string_view, std::string_view> kNames[] = {{"Gemm", "MatMulV2"},
                                                                      {"LayerNormalization", "LayerNorm"},
                                                                      {"ReduceMean", "ReduceMeanD"},
                                                                      {"ReduceMax", "ReduceMaxD"},
                                                                      {"Div", "RealDiv"},
                                                                      {"Transpose", "TransposeD"},
                                                                      {"Flatten", "FlattenV2"}};
  const std::string& type = step.node.type;
  if (type == "Conv") return step.depthwise ? "DepthwiseConv2D" : "Conv2D";
  if (type == "MatMul") return rank == 2 ? "MatMulV2" : "BatchMatMulV2";
  const auto* found =
      std::find_if(std::begin(kNames), std::end(kNames), [&](const auto& row) { return row.first == type; });
  return std::string(found != std::end(kNames) ? found->second : type);
}

Json Descriptor(const Tensor& tensor, const char* type) {
  return {{"dtype", tensor.integer ? "DT_INT64" : type},
          {"layout", tensor.dims.size() == 4 ? "NCHW" : "ND"},
          {"shape", {{"dim", tensor.dims}}}};
}

// Adds operators in order, and a cast where one reads another type than there is.
class GraphWriter {
 public:
  GraphWriter(const Plan& plan, const std::map<size_t, Tensor>& values) : plan_(plan), values_(values) {}

  void Source(size_t slot, const std::string& type, const char* dtype) {
    types_[slot] = dtype;
    ops_.push_back({{"name", plan_.slot_names[slot]},
                    {"type", type},
                    {"output_desc", Json::array({Descriptor(values_.at(slot), dtype)})}});
  }

  void Operator(const Step& step) {
    std::vector<std::pair<size_t, const char*>> inputs;
    for (size_t i = 0; i < step.inputs.size(); ++i) {
      if (step.inputs[i] != kNoSlot) inputs.emplace_back(step.inputs[i], FloatType(InputRounding(step, i)));
    }
    Json op = Reader(step.node.name, CompiledType(step, values_.at(step.inputs[0]).dims.size()), inputs);
    const char* type = FloatType(step.precision.output);
    types_[step.output] = type;
    op["output_desc"] = Json::array({Descriptor(values_.at(step.output), type)});
    ops_.push_back(std::move(op));
  }

  void Outputs(const char* type) {
    std::vector<std::pair<size_t, const char*>> inputs;
    inputs.reserve(plan_.output_slots.size());
    for (const size_t slot : plan_.output_slots) inputs.emplace_back(slot, type);
    ops_.push_back(Reader("Node_Output", "NetOutput", inputs));
  }

  Json Release() && { return std::move(ops_); }

 private:
  // An operator with its inputs, after the casts that they need.
  Json Reader(const std::string& name, const std::string& type,
              const std::vector<std::pair<size_t, const char*>>& inputs) {
    Json op = {{"name", name}, {"type", type}, {"input", Json::array()}, {"input_desc", Json::array()}};
    for (const auto& input : inputs) {
      op["input"].push_back(CastTo(input.first, input.second) + ":0");
      op["input_desc"].push_back(Descriptor(values_.at(input.first), input.second));
    }
    return op;
  }

  // The name of what has the value of `slot` in `type`.
  std::string CastTo(size_t slot, const std::string& type) {
    const Tensor& value = values_.at(slot);
    const std::string& name = plan_.slot_names[slot];
    if (value.integer || types_.at(slot) == type) return name;
    std::string cast = fmt::format("{}_cast_{}", name, type == kHalfName ? "float16" : "float");
    if (!casts_.insert(cast).second) return cast;
    ops_.push_back({{"name", cast},
                    {"type", "Cast"},
                    {"input", Json::array({name + ":0"})},
                    {"input_desc", Json::array({Descriptor(value, types_.at(slot).c_str())})},
                    {"output_desc", Json::array({Descriptor(value, type.c_str())})}});
    return cast;
  }

  const Plan& plan_;
  const std::map<size_t, Tensor>& values_;
  std::map<size_t, std::string> types_;
  std::set<std::string> casts_;
  Json ops_ = Json::array();
};

// The shapes of all values at the largest batch.
std::string AllShapes(const CompiledModel& model, const Plan& plan, std::map<size_t, Tensor>& values) {
  if (model.inputs.size() < plan.input_slots.size()) return "its inputs are not those of its graph";
  for (size_t i = 0; i < plan.input_slots.size(); ++i) {
    Dims dims = model.inputs[i].dims;
    if (!dims.empty() && dims[0] == -1 && !model.gears.empty())
      dims[0] = *std::max_element(model.gears.begin(), model.gears.end());
    values[plan.input_slots[i]].dims = std::move(dims);
  }
  values.insert(plan.constants.begin(), plan.constants.end());
  return Execute(plan, true, values);
}

}  // namespace

std::string GraphJson(const CompiledModel& model, std::string& json) {
  Plan plan;
  if (std::string error = MakePlan(model, false, plan); !error.empty()) return error;
  RoundConstants(plan);
  std::map<size_t, Tensor> values;
  if (std::string error = AllShapes(model, plan, values); !error.empty()) return error;
  GraphWriter writer(plan, values);
  for (const size_t slot : plan.input_slots) writer.Source(slot, "Data", kFloatName);
  for (const auto& [slot, tensor] : plan.constants) writer.Source(slot, "Const", FloatType(tensor.rounded));
  for (const Step& step : plan.steps) writer.Operator(step);
  writer.Outputs(model.float16_outputs ? kHalfName : kFloatName);
  const Json graph = {{"name", plan.name}, {"op", std::move(writer).Release()}};
  const Json document = {{"name", model.name}, {"soc_version", model.soc_version}, {"graph", Json::array({graph})}};
  json = document.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
  return "";
}

std::string ModelInformation(const CompiledModel& model, size_t om_bytes) {
  return fmt::format(
      "============ Display Model Info start ============\n"
      "Original Atc command line: {}\n"
      "system   info: atc_version[emulator], soc_version[{}], framework_type[5].\n"
      "resource info: weight_size[{} B], stream_num[1], event_num[0].\n"
      "om       info: modeldef_size[{} B].\n"
      "============ Display Model Info end   ============\n",
      model.command, model.soc_version, model.onnx.size(), om_bytes);
}

}  // namespace ascend_emulator
