#include "tensor.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <bit>

namespace ascend_emulator {
namespace {

template <class T>
T LittleEndian(std::string_view raw, size_t i) {
  std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t> bits = 0;
  for (size_t b = 0; b < sizeof(T); ++b)
    bits |= static_cast<decltype(bits)>(static_cast<uint8_t>(raw[i * sizeof(T) + b])) << (8 * b);
  return std::bit_cast<T>(bits);
}

template <class T, class To>
bool ReadRaw(std::string_view raw, size_t count, std::vector<To>& values) {
  if (raw.size() != count * sizeof(T)) return false;
  values.resize(count);
  for (size_t i = 0; i < count; ++i) values[i] = LittleEndian<T>(raw, i);
  return true;
}

bool ReadFloats(const OnnxTensor& onnx, size_t count, bool with_floats, Tensor& tensor) {
  if (!with_floats) return onnx.raw ? onnx.raw->size() == count * 4 : onnx.floats.size() == count;
  std::vector<float> values;
  if (onnx.raw) {
    if (!ReadRaw<float>(*onnx.raw, count, values)) return false;
  } else {
    values = onnx.floats;
  }
  tensor.floats = std::make_shared<const std::vector<float>>(std::move(values));
  return tensor.floats->size() == count;
}

bool ReadIntegers(const OnnxTensor& onnx, size_t count, Tensor& tensor) {
  tensor.integer = true;
  if (!onnx.raw) {
    tensor.integers = onnx.integers;
    return tensor.integers.size() == count;
  }
  return onnx.type == kOnnxInt64 ? ReadRaw<int64_t>(*onnx.raw, count, tensor.integers)
                                 : ReadRaw<int32_t>(*onnx.raw, count, tensor.integers);
}

}  // namespace

int64_t Tensor::Count() const { return ElementCount(dims).value_or(0); }

std::string Text(const Dims& dims) { return fmt::format("[{}]", fmt::join(dims, ",")); }

std::string MakeTensor(const OnnxTensor& onnx, bool with_floats, Tensor& tensor) {
  const auto count = ElementCount(onnx.dims);
  if (!count) return fmt::format("tensor \"{}\" of shape {} is empty or too large", onnx.name, Text(onnx.dims));
  if (onnx.external) return fmt::format("tensor \"{}\" lies outside the model", onnx.name);
  tensor.dims = onnx.dims;
  const auto size = static_cast<size_t>(*count);
  bool ok = false;
  if (onnx.type == kOnnxFloat) {
    ok = ReadFloats(onnx, size, with_floats, tensor);
  } else if (onnx.type == kOnnxInt64 || onnx.type == kOnnxInt32) {
    ok = ReadIntegers(onnx, size, tensor);
  } else {
    return fmt::format("tensor \"{}\" has data type {}; the emulator takes float, int32 and int64", onnx.name,
                       onnx.type);
  }
  return ok ? "" : fmt::format("tensor \"{}\" does not hold the {} elements of its shape", onnx.name, size);
}

Tensor Rounded(const Tensor& tensor, Rounding rounding) {
  if (tensor.integer || rounding == Rounding::kNone || tensor.rounded == rounding) return tensor;
  if (tensor.rounded == Rounding::kFloat16) return tensor;  // each float16 number is an HF32 number too
  Tensor result = tensor;
  result.rounded = rounding;
  if (tensor.floats == nullptr) return result;
  auto values = std::make_shared<std::vector<float>>(*tensor.floats);
  Round(rounding, *values);
  result.floats = std::move(values);
  return result;
}

Dims ContiguousStrides(const Dims& dims) {
  Dims strides(dims.size(), 1);
  for (size_t d = dims.size(); d-- > 1;) strides[d - 1] = strides[d] * dims[d];
  return strides;
}

std::optional<Dims> BroadcastDims(const Dims& a, const Dims& b) {
  Dims dims(std::max(a.size(), b.size()), 1);
  for (size_t i = 1; i <= dims.size(); ++i) {
    const int64_t x = i <= a.size() ? a[a.size() - i] : 1, y = i <= b.size() ? b[b.size() - i] : 1;
    if (x != y && x != 1 && y != 1) return std::nullopt;
    dims[dims.size() - i] = std::max(x, y);
  }
  return dims;
}

Dims BroadcastStrides(const Dims& dims, const Dims& to) {
  const Dims own = ContiguousStrides(dims);
  Dims strides(to.size(), 0);
  for (size_t i = 1; i <= dims.size(); ++i) {
    if (dims[dims.size() - i] != 1) strides[to.size() - i] = own[dims.size() - i];
  }
  return strides;
}

Walk MergeDimensions(const Walk& walk) {
  Walk result;
  for (size_t d = 0; d < walk.dims.size(); ++d) {
    const int64_t dim = walk.dims[d], first = walk.strides[0][d], second = walk.strides[1][d];
    if (dim == 1) continue;
    if (!result.dims.empty() && result.strides[0].back() == first * dim && result.strides[1].back() == second * dim) {
      result.dims.back() *= dim;
      result.strides[0].back() = first;
      result.strides[1].back() = second;
    } else {
      result.dims.push_back(dim);
      result.strides[0].push_back(first);
      result.strides[1].push_back(second);
    }
  }
  if (result.dims.empty()) result = {{1}, {Dims{1}, Dims{1}}};
  return result;
}

}  // namespace ascend_emulator
