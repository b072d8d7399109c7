// The ONNX operators that the emulator computes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "onnx_reader.h"
#include "tensor.h"

namespace ascend_emulator {

struct Arguments {
  const OnnxNode& node;
  std::vector<const Tensor*> inputs;  // null: left out
  bool shapes_only = false;           // the floats of inputs and output stay null
};

// Computes the one output. Returns an error text, empty if ok.
using OperatorFunction = std::string (*)(const Arguments& arguments, Tensor& output);

struct Operator {
  std::string_view type;
  int64_t first_opset, last_opset;
  size_t min_inputs, max_inputs;
  std::string_view attributes;  // names with types: "axis:i perm:I value:t", as in kAttributeTypes
  OperatorFunction run;
};

// nullptr if none is registered for this type and opset.
const Operator* FindOperator(std::string_view domain, std::string_view type, int64_t opset);

// Checks the numbers of inputs and outputs and the names and types of attributes. Returns an error text, empty if ok.
std::string CheckNode(const OnnxNode& node, const Operator& op);

std::string Conv(const Arguments& arguments, Tensor& output);
std::string MatMul(const Arguments& arguments, Tensor& output);
std::string Gemm(const Arguments& arguments, Tensor& output);
std::string LayerNormalization(const Arguments& arguments, Tensor& output);
std::string Reduce(const Arguments& arguments, Tensor& output);  // ReduceMax ReduceMean
std::string Binary(const Arguments& arguments, Tensor& output);  // Add Sub Mul Div Pow
// Sqrt Erf Relu Tanh Sigmoid Softplus LeakyRelu Elu Selu HardSigmoid
std::string Unary(const Arguments& arguments, Tensor& output);
std::string Clip(const Arguments& arguments, Tensor& output);
std::string Transpose(const Arguments& arguments, Tensor& output);
std::string Reshape(const Arguments& arguments, Tensor& output);
std::string Flatten(const Arguments& arguments, Tensor& output);
std::string Squeeze(const Arguments& arguments, Tensor& output);
std::string Unsqueeze(const Arguments& arguments, Tensor& output);
std::string Identity(const Arguments& arguments, Tensor& output);
std::string Cast(const Arguments& arguments, Tensor& output);
std::string Constant(const Arguments& arguments, Tensor& output);

// For the operators: makes `output` a tensor of floats. `values` is null if only its shape is wanted.
std::string MakeOutput(const Arguments& arguments, Dims dims, Tensor& output, std::vector<float>*& values);

// An axis in 0..rank-1 from one in -rank..rank-1; nullopt outside.
std::optional<size_t> Axis(int64_t axis, size_t rank);

// Axes from an input (opset 13 or 18 on) or from the attribute "axes" (before), each once and in order.
std::string Axes(const Arguments& arguments, size_t input, size_t rank, std::vector<size_t>& axes);

}  // namespace ascend_emulator
