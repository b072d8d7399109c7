// Convolution in two dimensions: depthwise directly, others as a matrix product.
#include <cblas.h>
#include <fmt/format.h>

#include <algorithm>

#include "operators.h"

namespace ascend_emulator {
namespace {

constexpr int64_t kMostSize = 1 << 20;  // of a stride, a pad, a dilation

struct Shape {
  int64_t N, C, H, W;        // input
  int64_t O, KH, KW, group;  // filters
  int64_t OH, OW;            // output
  int64_t stride_h, stride_w, dilation_h, dilation_w, top, left;
};

bool InRange(const std::vector<int64_t>& values, size_t count, int64_t least) {
  return values.size() == count &&
         std::all_of(values.begin(), values.end(), [least](int64_t v) { return v >= least && v <= kMostSize; });
}

int64_t OutputSize(int64_t size, int64_t kernel, int64_t stride, int64_t dilation, int64_t pads) {
  const int64_t room = size + pads - (dilation * (kernel - 1) + 1);
  return room < 0 ? 0 : room / stride + 1;
}

// Returns an error text, empty if ok.
std::string ReadShape(const OnnxNode& node, const Tensor& x, const Tensor& w, Shape& s) {
  if (x.integer || w.integer || x.dims.size() != 4 || w.dims.size() != 4)
    return fmt::format("the emulator convolves in two dimensions, not {} with {}", Text(x.dims), Text(w.dims));
  const auto strides = node.Integers("strides", {1, 1}), dilations = node.Integers("dilations", {1, 1});
  const auto pads = node.Integers("pads", {0, 0, 0, 0});
  if (!InRange(strides, 2, 1) || !InRange(dilations, 2, 1) || !InRange(pads, 4, 0)) return "strides, pads or dilations";
  const OnnxAttribute* auto_pad = node.Find("auto_pad");
  if (auto_pad != nullptr && auto_pad->s != "NOTSET") return "auto_pad is not emulated";
  if (node.Integers("kernel_shape", {w.dims[2], w.dims[3]}) != Dims{w.dims[2], w.dims[3]}) return "kernel_shape";
  s = {x.dims[0], x.dims[1], x.dims[2],  x.dims[3],  w.dims[0],    w.dims[2],    w.dims[3], node.Integer("group", 1),
       0,         0,         strides[0], strides[1], dilations[0], dilations[1], pads[0],   pads[1]};
  if (s.group < 1 || s.C % s.group != 0 || s.O % s.group != 0 || s.C / s.group != w.dims[1])
    return fmt::format("{} groups of {} with {}", s.group, Text(x.dims), Text(w.dims));
  s.OH = OutputSize(s.H, s.KH, s.stride_h, s.dilation_h, pads[0] + pads[2]);
  s.OW = OutputSize(s.W, s.KW, s.stride_w, s.dilation_w, pads[1] + pads[3]);
  return "";
}

// The output columns [first, last) whose input column for kernel column `kw` is inside.
std::pair<int64_t, int64_t> InsideColumns(const Shape& s, int64_t kw) {
  const int64_t shift = kw * s.dilation_w - s.left;  // input column = output column * stride + shift
  const int64_t first = shift >= 0 ? 0 : (-shift + s.stride_w - 1) / s.stride_w;
  const int64_t last = shift >= s.W ? 0 : (s.W - 1 - shift) / s.stride_w + 1;
  return {std::min(first, s.OW), std::clamp(last, std::min(first, s.OW), s.OW)};
}

// Adds kernel row `w` (KW wide) times an input row to the sums of an output row.
void AddRow(const Shape& s, const float* x, const float* w, double* sums) {
  for (int64_t kw = 0; kw < s.KW; ++kw) {
    const auto columns = InsideColumns(s, kw);
    const int64_t shift = kw * s.dilation_w - s.left;
    const double weight = w[kw];
    for (int64_t ow = columns.first; ow < columns.second; ++ow) sums[ow] += weight * x[ow * s.stride_w + shift];
  }
}

// One channel with its own filter.
void DepthwisePlane(const Shape& s, const float* x, const float* w, double bias, float* out) {
  std::vector<double> sums(static_cast<size_t>(s.OW));
  for (int64_t oh = 0; oh < s.OH; ++oh, out += s.OW) {
    std::fill(sums.begin(), sums.end(), bias);
    for (int64_t kh = 0; kh < s.KH; ++kh) {
      const int64_t h = oh * s.stride_h + kh * s.dilation_h - s.top;
      if (h >= 0 && h < s.H) AddRow(s, x + h * s.W, w + kh * s.KW, sums.data());
    }
    std::transform(sums.begin(), sums.end(), out, [](double sum) { return static_cast<float>(sum); });
  }
}

// Gathers the inputs of the filters: [C / group * KH * KW, OH * OW] from `x`, the channels of one group.
void Columns(const Shape& s, const float* x, float* out) {
  for (int64_t c = 0; c < s.C / s.group; ++c, x += s.H * s.W) {
    for (int64_t k = 0; k < s.KH * s.KW; ++k) {
      const int64_t kh = k / s.KW, kw = k % s.KW;
      const auto inside = InsideColumns(s, kw);
      for (int64_t oh = 0; oh < s.OH; ++oh, out += s.OW) {
        const int64_t h = oh * s.stride_h + kh * s.dilation_h - s.top;
        std::fill(out, out + s.OW, 0.0f);
        if (h < 0 || h >= s.H) continue;
        const int64_t shift = h * s.W + kw * s.dilation_w - s.left;
        for (int64_t ow = inside.first; ow < inside.second; ++ow) out[ow] = x[ow * s.stride_w + shift];
      }
    }
  }
}

void DenseGroup(const Shape& s, const float* columns, const float* w, const float* bias, float* out) {
  const int64_t rows = s.O / s.group, K = s.C / s.group * s.KH * s.KW, pixels = s.OH * s.OW;
  for (int64_t o = 0; o < rows; ++o) std::fill_n(out + o * pixels, pixels, bias != nullptr ? bias[o] : 0.0f);
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, static_cast<blasint>(rows), static_cast<blasint>(pixels),
              static_cast<blasint>(K), 1, w, static_cast<blasint>(K), columns, static_cast<blasint>(pixels), 1, out,
              static_cast<blasint>(pixels));
}

void Convolve(const Shape& s, const float* x, const float* w, const float* bias, float* out) {
  const int64_t C = s.C / s.group, O = s.O / s.group, window = C * s.KH * s.KW;
  std::vector<float> columns(C == 1 && O == 1 ? 0 : static_cast<size_t>(window * s.OH * s.OW));
  for (int64_t i = 0; i < s.N * s.group; ++i, x += C * s.H * s.W, out += O * s.OH * s.OW) {
    const int64_t group = i % s.group;
    const float* group_bias = bias != nullptr ? bias + group * O : nullptr;
    if (columns.empty()) {
      DepthwisePlane(s, x, w + group * window, group_bias != nullptr ? *group_bias : 0.0, out);
    } else {
      Columns(s, x, columns.data());
      DenseGroup(s, columns.data(), w + group * O * window, group_bias, out);
    }
  }
}

}  // namespace

std::string Conv(const Arguments& arguments, Tensor& output) {
  const Tensor &x = *arguments.inputs[0], &w = *arguments.inputs[1];
  const Tensor* bias = arguments.inputs.size() > 2 ? arguments.inputs[2] : nullptr;
  Shape s{};
  if (std::string error = ReadShape(arguments.node, x, w, s); !error.empty()) return error;
  if (bias != nullptr && (bias->integer || bias->dims != Dims{s.O})) return "its bias is " + Text(bias->dims);
  std::vector<float>* values = nullptr;
  if (std::string error = MakeOutput(arguments, {s.N, s.O, s.OH, s.OW}, output, values);
      !error.empty() || values == nullptr)
    return error;
  if (!ElementCount({w.dims[1] * s.KH, s.KW, s.OH, s.OW})) return "too large";
  Convolve(s, x.floats->data(), w.floats->data(), bias != nullptr ? bias->floats->data() : nullptr, values->data());
  return "";
}

}  // namespace ascend_emulator
