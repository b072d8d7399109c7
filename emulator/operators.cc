#include "operators.h"

#include <fmt/format.h>

#include <algorithm>

namespace ascend_emulator {
namespace {

// As CANN's parser has them: opsets 8 to 18, LayerNormalization in the two that know it.
// See docs/ascend-facts.md, "Compiling: operators".
constexpr Operator kOperators[] = {
    {"Add", 8, 18, 2, 2, "", Binary},
    {"Cast", 8, 18, 1, 1, "to:i", Cast},
    {"Clip", 11, 18, 3, 3, "", Clip},
    {"Constant", 8, 18, 0, 0, "value:t value_float:f value_floats:F value_int:i value_ints:I", Constant},
    {"Conv", 8, 18, 2, 3, "auto_pad:s dilations:I group:i kernel_shape:I pads:I strides:I", Conv},
    {"Div", 8, 18, 2, 2, "", Binary},
    {"Elu", 8, 18, 1, 1, "alpha:f", Unary},
    {"Erf", 9, 18, 1, 1, "", Unary},
    {"Flatten", 8, 18, 1, 1, "axis:i", Flatten},
    {"Gemm", 8, 18, 2, 3, "alpha:f beta:f transA:i transB:i", Gemm},
    {"HardSigmoid", 8, 18, 1, 1, "alpha:f beta:f", Unary},
    {"Identity", 8, 18, 1, 1, "", Identity},
    {"LayerNormalization", 17, 18, 2, 3, "axis:i epsilon:f stash_type:i", LayerNormalization},
    {"LeakyRelu", 8, 18, 1, 1, "alpha:f", Unary},
    {"MatMul", 8, 18, 2, 2, "", MatMul},
    {"Mul", 8, 18, 2, 2, "", Binary},
    {"Pow", 8, 18, 2, 2, "", Binary},
    {"ReduceMax", 8, 18, 1, 2, "axes:I keepdims:i noop_with_empty_axes:i", Reduce},
    {"ReduceMean", 8, 18, 1, 2, "axes:I keepdims:i noop_with_empty_axes:i", Reduce},
    {"Relu", 8, 18, 1, 1, "", Unary},
    {"Reshape", 8, 18, 2, 2, "allowzero:i", Reshape},
    {"Selu", 8, 18, 1, 1, "alpha:f gamma:f", Unary},
    {"Sigmoid", 8, 18, 1, 1, "", Unary},
    {"Softplus", 8, 18, 1, 1, "", Unary},
    {"Sqrt", 8, 18, 1, 1, "", Unary},
    {"Squeeze", 8, 18, 1, 2, "axes:I", Squeeze},
    {"Sub", 8, 18, 2, 2, "", Binary},
    {"Tanh", 8, 18, 1, 1, "", Unary},
    {"Transpose", 8, 18, 1, 1, "perm:I", Transpose},
    {"Unsqueeze", 8, 18, 1, 2, "axes:I", Unsqueeze},
};

// AttributeProto.AttributeType of the letters in Operator::attributes.
int64_t AttributeType(char letter) {
  constexpr std::string_view kLetters = "fistgFI";  // FLOAT 1, INT 2, STRING 3, TENSOR 4, GRAPH 5, FLOATS 6, INTS 7
  return static_cast<int64_t>(kLetters.find(letter)) + 1;
}

// The type that an attribute must have; 0 if the operator has none of this name.
int64_t ExpectedType(std::string_view attributes, std::string_view name) {
  for (size_t at = attributes.find(name); at != std::string_view::npos; at = attributes.find(name, at + 1)) {
    const size_t end = at + name.size();
    const bool starts = at == 0 || attributes[at - 1] == ' ';
    if (starts && end + 1 < attributes.size() && attributes[end] == ':') return AttributeType(attributes[end + 1]);
  }
  return 0;
}

}  // namespace

const Operator* FindOperator(std::string_view domain, std::string_view type, int64_t opset) {
  if (!domain.empty()) return nullptr;
  const auto* found =
      std::find_if(std::begin(kOperators), std::end(kOperators), [&](const Operator& op) { return op.type == type; });
  if (found == std::end(kOperators) || opset < found->first_opset || opset > found->last_opset) return nullptr;
  return found;
}

std::string CheckNode(const OnnxNode& node, const Operator& op) {
  if (node.inputs.size() < op.min_inputs || node.inputs.size() > op.max_inputs)
    return fmt::format("{} inputs, expected {} to {}", node.inputs.size(), op.min_inputs, op.max_inputs);
  for (size_t i = 0; i < op.min_inputs; ++i) {
    if (node.inputs[i].empty()) return fmt::format("input {} is left out", i);
  }
  if (node.outputs.size() != 1 || node.outputs[0].empty())
    return fmt::format("{} outputs; the emulator computes the first one only", node.outputs.size());
  for (const OnnxAttribute& attribute : node.attributes) {
    const int64_t expected = ExpectedType(op.attributes, attribute.name);
    if (expected == 0) return fmt::format("attribute \"{}\" is not known", attribute.name);
    if (attribute.type != expected)
      return fmt::format("attribute \"{}\" has type {}, expected {}", attribute.name, attribute.type, expected);
  }
  return "";
}

std::string MakeOutput(const Arguments& arguments, Dims dims, Tensor& output, std::vector<float>*& values) {
  values = nullptr;
  const auto count = ElementCount(dims);
  if (!count) return fmt::format("the result {} is empty or too large", Text(dims));
  output = {};
  output.dims = std::move(dims);
  if (arguments.shapes_only) return "";
  auto floats = std::make_shared<std::vector<float>>(static_cast<size_t>(*count));
  values = floats.get();
  output.floats = std::move(floats);
  return "";
}

std::optional<size_t> Axis(int64_t axis, size_t rank) {
  const auto size = static_cast<int64_t>(rank);
  if (axis < -size || axis >= size) return std::nullopt;
  return static_cast<size_t>(axis < 0 ? axis + size : axis);
}

std::string Axes(const Arguments& arguments, size_t input, size_t rank, std::vector<size_t>& axes) {
  std::vector<int64_t> given = arguments.node.Integers("axes", {});
  if (input < arguments.inputs.size() && arguments.inputs[input] != nullptr) {
    if (!arguments.inputs[input]->integer) return "its axes are not integers";
    given = arguments.inputs[input]->integers;
  }
  for (const int64_t axis : given) {
    const auto in_range = Axis(axis, rank);
    if (!in_range) return fmt::format("axis {} is outside of rank {}", axis, rank);
    axes.push_back(*in_range);
  }
  std::sort(axes.begin(), axes.end());
  const bool once = std::adjacent_find(axes.begin(), axes.end()) == axes.end();
  return once ? "" : "an axis is named twice";
}

}  // namespace ascend_emulator
