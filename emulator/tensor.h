// Values of the interpreter, and loops over them with strides.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "onnx_reader.h"
#include "rounding.h"

namespace ascend_emulator {

using Dims = std::vector<int64_t>;

// Floats are shared: what only changes the shape copies nothing. Integers are shapes and axes, and few.
struct Tensor {
  bool integer = false;
  Dims dims;
  std::shared_ptr<const std::vector<float>> floats;  // null: only the shape is known
  std::vector<int64_t> integers;
  Rounding rounded = Rounding::kNone;  // what the floats have been rounded to

  int64_t Count() const;  // of elements; dims are valid
};

std::string Text(const Dims& dims);  // "[1,3,256,256]"

// The tensor of an ONNX one; without its floats if `with_floats` is false. Returns an error text, empty if ok.
std::string MakeTensor(const OnnxTensor& onnx, bool with_floats, Tensor& tensor);

// `tensor` rounded: itself if it is already, or if it is of integers.
Tensor Rounded(const Tensor& tensor, Rounding rounding);

Dims ContiguousStrides(const Dims& dims);

// numpy's rule; nullopt if the shapes do not fit.
std::optional<Dims> BroadcastDims(const Dims& a, const Dims& b);

// The strides with which a tensor of `dims` is read when it is broadcast to `to`.
Dims BroadcastStrides(const Dims& dims, const Dims& to);

// A walk over `dims`, with an offset into each of two arrays.
struct Walk {
  Dims dims;
  std::array<Dims, 2> strides;
};

// Adjacent dimensions that are one in both arrays become one; at least one dimension remains.
Walk MergeDimensions(const Walk& walk);

// Calls row(index, first, second, length, first_stride, second_stride) for each row along the last dimension; `index`
// counts the elements that came before.
template <class Row>
void ForEachRow(const Walk& uncoalesced, Row row) {
  const Walk walk = MergeDimensions(uncoalesced);
  const size_t last = walk.dims.size() - 1;
  const int64_t length = walk.dims[last];
  Dims position(last, 0);
  int64_t first = 0, second = 0;
  for (int64_t index = 0;; index += length) {
    row(index, first, second, length, walk.strides[0][last], walk.strides[1][last]);
    size_t d = last;
    for (; d > 0; --d) {
      first += walk.strides[0][d - 1];
      second += walk.strides[1][d - 1];
      if (++position[d - 1] < walk.dims[d - 1]) break;
      first -= walk.strides[0][d - 1] * walk.dims[d - 1];
      second -= walk.strides[1][d - 1] * walk.dims[d - 1];
      position[d - 1] = 0;
    }
    if (d == 0) return;
  }
}

}  // namespace ascend_emulator
