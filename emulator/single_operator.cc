#include "single_operator.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "operators.h"
#include "precision.h"

namespace ascend_emulator {
namespace {

struct Kind {
  std::string_view type, onnx;
  size_t min_inputs, max_inputs;
};

// Those that ONNX Runtime's CANN provider sends for float32 (onnxruntime/core/providers/cann) and the emulator
// computes.
constexpr Kind kKinds[] = {
    {"Add", "Add", 2, 2},
    {"BatchMatMul", "MatMul", 2, 2},
    {"BroadcastToD", "", 1, 1},
    {"Conv2D", "Conv", 2, 3},
    {"Div", "Div", 2, 2},
    {"Erf", "Erf", 1, 1},
    {"Mul", "Mul", 2, 2},
    {"Relu", "Relu", 1, 1},
    {"Sqrt", "Sqrt", 1, 1},
    {"Sub", "Sub", 2, 2},
    {"TransposeD", "Transpose", 1, 1},
};

constexpr int64_t kFloatType = 0, kOpset = 13;

const Kind* FindKind(std::string_view type) {
  const auto* found = std::find_if(std::begin(kKinds), std::end(kKinds), [&](const Kind& k) { return k.type == type; });
  return found == std::end(kKinds) ? nullptr : found;
}

template <class T>
const T* Find(const SingleOperator& op, const std::string& name) {
  const auto found = op.attributes.find(name);
  return found == op.attributes.end() ? nullptr : std::get_if<T>(&found->second);
}

void AddIntegers(OnnxNode& node, const std::string& name, std::vector<int64_t> values) {
  OnnxAttribute attribute;
  attribute.name = name;
  attribute.type = 7;  // INTS
  attribute.integers = std::move(values);
  node.attributes.push_back(std::move(attribute));
}

// CANN's strides and dilations are of N, C, H and W, ONNX's of H and W; CANN pads top, bottom, left, right, ONNX top,
// left, bottom, right. The number of groups follows from the shapes: what ONNX Runtime sets is called "group", CANN's
// attribute "groups".
std::string ConvNode(const SingleOperator& op, OnnxNode& node) {
  for (const char* name : {"strides", "dilations"}) {
    const auto* values = Find<std::vector<int64_t>>(op, name);
    if (values == nullptr || values->size() != 4) return fmt::format("{} of Conv2D must be four numbers", name);
    AddIntegers(node, name, {values->begin() + 2, values->end()});
  }
  const auto* pads = Find<std::vector<int64_t>>(op, "pads");
  if (pads == nullptr || pads->size() != 4) return "pads of Conv2D must be four numbers";
  AddIntegers(node, "pads", {(*pads)[0], (*pads)[2], (*pads)[1], (*pads)[3]});
  const Dims &x = op.inputs[0].dims, &w = op.inputs[1].dims;
  if (x.size() != 4 || w.size() != 4 || w[1] < 1 || x[1] % w[1] != 0) return "Conv2D: shapes do not fit";
  OnnxAttribute group;
  group.name = "group";
  group.type = 2;  // INT
  group.i = x[1] / w[1];
  node.attributes.push_back(std::move(group));
  return "";
}

std::string MakeNode(const SingleOperator& op, const Kind& kind, OnnxNode& node) {
  node.type = kind.onnx;
  if (op.type == "Conv2D") return ConvNode(op, node);
  if (op.type == "TransposeD") {
    const auto* perm = Find<std::vector<int64_t>>(op, "perm");
    if (perm == nullptr) return "TransposeD needs perm";
    AddIntegers(node, "perm", *perm);
  }
  if (op.type == "BatchMatMul") {
    for (const char* name : {"adj_x1", "adj_x2"}) {
      const bool* turned = Find<bool>(op, name);
      if (turned != nullptr && *turned) return fmt::format("{} is not emulated", name);
    }
  }
  return "";
}

Tensor ToTensor(const TensorDescription& description, std::string_view bytes) {
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
  Tensor tensor;
  tensor.dims = description.dims;
  tensor.floats = std::make_shared<const std::vector<float>>(std::move(values));
  return tensor;
}

std::string BroadcastTo(const Arguments& arguments, const Dims& dims, Tensor& output) {
  const Tensor& x = *arguments.inputs[0];
  if (BroadcastDims(x.dims, dims) != dims) return fmt::format("{} is not broadcast to {}", Text(x.dims), Text(dims));
  std::vector<float>* values = nullptr;
  if (std::string error = MakeOutput(arguments, dims, output, values); !error.empty() || values == nullptr)
    return error;
  const Dims strides = BroadcastStrides(x.dims, dims);
  ForEachRow({dims, {strides, strides}}, [&](int64_t index, int64_t i, int64_t, int64_t length, int64_t step, int64_t) {
    const float* from = x.floats->data() + i;
    float* to = values->data() + index;
    for (int64_t k = 0; k < length; ++k) to[k] = from[k * step];
  });
  return "";
}

std::string Compute(const SingleOperator& op, const Kind& kind, const std::vector<Tensor>& inputs, bool shapes_only,
                    Tensor& output) {
  OnnxNode node;
  if (std::string error = MakeNode(op, kind, node); !error.empty()) return error;
  Arguments arguments{node, {}, shapes_only};
  arguments.inputs.reserve(inputs.size());
  for (const Tensor& input : inputs) arguments.inputs.push_back(&input);
  if (op.type != "BroadcastToD") return FindOperator("", kind.onnx, kOpset)->run(arguments, output);
  const auto* shape = Find<std::vector<int64_t>>(op, "shape");
  if (shape == nullptr) return "BroadcastToD needs shape";
  return BroadcastTo(arguments, *shape, output);
}

}  // namespace

std::string CheckOperator(const SingleOperator& op) {
  const Kind* kind = FindKind(op.type);
  if (kind == nullptr) return fmt::format("EZ3003: no engine of the emulator supports {}", op.type);
  if (op.inputs.size() < kind->min_inputs || op.inputs.size() > kind->max_inputs)
    return fmt::format("EZ3003: {} with {} inputs", op.type, op.inputs.size());
  OnnxNode node;
  node.type = kind->onnx;
  if (std::string error = CheckCube(op.flags, node); !error.empty()) return error;
  std::vector<Tensor> shapes;
  for (const TensorDescription& input : op.inputs) {
    if (input.data_type != kFloatType) return fmt::format("EZ3003: {} of type {}", op.type, input.data_type);
    shapes.emplace_back().dims = input.dims;
  }
  Tensor output;
  if (std::string error = Compute(op, *kind, shapes, true, output); !error.empty()) return "EZ3003: " + error;
  if (op.output.data_type != kFloatType || output.dims != op.output.dims)
    return fmt::format("EZ3003: {} gives float {}, not type {} {}", op.type, Text(output.dims), op.output.data_type,
                       Text(op.output.dims));
  return "";
}

std::string RunOperator(const SingleOperator& op, const std::vector<std::string_view>& inputs, std::string& output) {
  const Kind& kind = *FindKind(op.type);
  OnnxNode node;
  node.type = kind.onnx;
  const NodePrecision precision = PrecisionOf(op.flags, node, false);
  std::vector<Tensor> tensors;
  tensors.reserve(inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i)
    tensors.push_back(Rounded(ToTensor(op.inputs[i], inputs[i]), i < 2 ? precision.products : precision.others));
  Tensor result;
  if (std::string error = Compute(op, kind, tensors, false, result); !error.empty()) return error;
  const Tensor rounded = Rounded(result, precision.output);
  output.assign(reinterpret_cast<const char*>(rounded.floats->data()), rounded.floats->size() * sizeof(float));
  return "";
}

}  // namespace ascend_emulator
