// Operators that move elements or only rename the shape, and constants.
#include <fmt/format.h>

#include <algorithm>

#include "operators.h"

namespace ascend_emulator {
namespace {

// The elements of `tensor` under another shape.
std::string WithDims(const Tensor& tensor, Dims dims, Tensor& output) {
  const auto count = ElementCount(dims);
  if (!count || *count != tensor.Count()) return fmt::format("{} cannot become {}", Text(tensor.dims), Text(dims));
  output = tensor;
  output.dims = std::move(dims);
  return "";
}

// The order of axes of a Transpose; empty if it is not one.
std::vector<size_t> Permutation(const OnnxNode& node, size_t rank) {
  std::vector<int64_t> given = node.Integers("perm", {});
  for (size_t d = rank; d-- > 0 && node.Find("perm") == nullptr;) given.push_back(static_cast<int64_t>(d));
  std::vector<size_t> order;
  for (const int64_t axis : given) order.push_back(Axis(axis, rank).value_or(rank));
  for (size_t d = 0; d < rank; ++d) {
    if (order.size() != rank || std::count(order.begin(), order.end(), d) != 1) return {};
  }
  return order;
}

}  // namespace

std::string Transpose(const Arguments& arguments, Tensor& output) {
  const Tensor& x = *arguments.inputs[0];
  const std::vector<size_t> order = Permutation(arguments.node, x.dims.size());
  if (x.integer || order.empty()) return fmt::format("{} cannot be transposed so", Text(x.dims));
  const Dims own = ContiguousStrides(x.dims);
  Dims dims, strides;
  for (const size_t axis : order) {
    dims.push_back(x.dims[axis]);
    strides.push_back(own[axis]);
  }
  std::vector<float>* values = nullptr;
  if (std::string error = MakeOutput(arguments, dims, output, values); !error.empty()) return error;
  output.rounded = x.rounded;
  if (values == nullptr) return "";
  const float* from = x.floats->data();
  float* to = values->data();
  ForEachRow({dims, {strides, strides}}, [=](int64_t index, int64_t i, int64_t, int64_t length, int64_t step, int64_t) {
    for (int64_t k = 0; k < length; ++k) to[index + k] = from[i + k * step];
  });
  return "";
}

// 0 keeps a dimension, -1 is what remains.
std::string Reshape(const Arguments& arguments, Tensor& output) {
  const Tensor &x = *arguments.inputs[0], &shape = *arguments.inputs[1];
  if (!shape.integer) return "its shape is not made of integers";
  if (arguments.node.Integer("allowzero", 0) != 0) return "allowzero is not emulated";
  Dims dims = shape.integers;
  int64_t known = 1;
  for (size_t d = 0; d < dims.size(); ++d) {
    if (dims[d] == 0) dims[d] = d < x.dims.size() ? x.dims[d] : 0;
    if (dims[d] == -1) continue;
    if (dims[d] < 1 || dims[d] > x.Count() / known) return fmt::format("{} to {}", Text(x.dims), Text(shape.integers));
    known *= dims[d];
  }
  const auto open = std::find(dims.begin(), dims.end(), -1);
  if (open != dims.end()) *open = x.Count() / known;
  return WithDims(x, std::move(dims), output);
}

std::string Flatten(const Arguments& arguments, Tensor& output) {
  const Tensor& x = *arguments.inputs[0];
  const auto rank = static_cast<int64_t>(x.dims.size());
  int64_t axis = arguments.node.Integer("axis", 1);
  if (axis < -rank || axis > rank) return fmt::format("axis {} is outside of {}", axis, Text(x.dims));
  if (axis < 0) axis += rank;
  int64_t rows = 1;
  for (size_t d = 0; d < static_cast<size_t>(axis); ++d) rows *= x.dims[d];
  return WithDims(x, {rows, x.Count() / rows}, output);
}

std::string Squeeze(const Arguments& arguments, Tensor& output) {
  const Tensor& x = *arguments.inputs[0];
  std::vector<size_t> axes;
  if (std::string error = Axes(arguments, 1, x.dims.size(), axes); !error.empty()) return error;
  Dims dims;
  for (size_t d = 0; d < x.dims.size(); ++d) {
    const bool drop = axes.empty() ? x.dims[d] == 1 : std::binary_search(axes.begin(), axes.end(), d);
    if (!drop) dims.push_back(x.dims[d]);
  }
  return WithDims(x, std::move(dims), output);
}

std::string Unsqueeze(const Arguments& arguments, Tensor& output) {
  const Tensor& x = *arguments.inputs[0];
  const bool input = arguments.inputs.size() > 1 && arguments.inputs[1] != nullptr;
  const size_t added = input ? arguments.inputs[1]->integers.size() : arguments.node.Integers("axes", {}).size();
  std::vector<size_t> axes;
  if (std::string error = Axes(arguments, 1, x.dims.size() + added, axes); !error.empty()) return error;
  Dims dims = x.dims;
  for (const size_t axis : axes) dims.insert(dims.begin() + static_cast<std::ptrdiff_t>(axis), 1);
  return WithDims(x, std::move(dims), output);
}

std::string Identity(const Arguments& arguments, Tensor& output) {
  output = *arguments.inputs[0];
  return "";
}

// Only casts that change nothing: the graphs here compute in floats, and rounding comes from the flags of atc.
std::string Cast(const Arguments& arguments, Tensor& output) {
  const int64_t to = arguments.node.Integer("to", 0);
  const bool integer = arguments.inputs[0]->integer;
  if (integer ? to != kOnnxInt32 && to != kOnnxInt64 : to != kOnnxFloat)
    return fmt::format("a cast to data type {} is not emulated", to);
  return Identity(arguments, output);
}

std::string Constant(const Arguments& arguments, Tensor& output) {
  const OnnxNode& node = arguments.node;
  if (node.attributes.size() != 1) return "a constant has one value";
  const OnnxAttribute& value = node.attributes[0];
  OnnxTensor tensor = value.tensor;
  if (value.name != "value") tensor.type = value.name.starts_with("value_float") ? kOnnxFloat : kOnnxInt64;
  if (value.name == "value_float") tensor.floats = {value.f};
  if (value.name == "value_floats") tensor.floats = value.floats;
  if (value.name == "value_int") tensor.integers = {value.i};
  if (value.name == "value_ints") tensor.integers = value.integers;
  if (value.name.ends_with("s")) tensor.dims = {static_cast<int64_t>(tensor.floats.size() + tensor.integers.size())};
  return MakeTensor(tensor, !arguments.shapes_only, output);
}

}  // namespace ascend_emulator
