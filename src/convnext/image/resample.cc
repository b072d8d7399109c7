#include "convnext/image/resample.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace convnext {
namespace {

// The filters of libImaging/Resample.c, each zero beyond its support.
double Box(double x) { return x > -0.5 && x <= 0.5 ? 1.0 : 0.0; }

double Bilinear(double x) { return std::max(0.0, 1.0 - std::abs(x)); }

double Hamming(double x) {
  x = std::abs(x);
  if (x == 0.0) return 1.0;
  if (x >= 1.0) return 0.0;
  x *= std::numbers::pi;
  return std::sin(x) / x * (0.54F + 0.46F * std::cos(x));  // Pillow's constants are float32
}

// Keys' cubic convolution with a = -0.5.
double Bicubic(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
  if (x < 2.0) return (((x - 5) * x + 8) * x - 4) * a;
  return 0.0;
}

double Sinc(double x) {
  if (x == 0.0) return 1.0;
  x *= std::numbers::pi;
  return std::sin(x) / x;
}

double Lanczos(double x) { return x >= -3.0 && x < 3.0 ? Sinc(x) * Sinc(x / 3) : 0.0; }

struct FilterKind {
  double (*function)(double);
  double support;  // in source pixels, where the picture is not made smaller
};

FilterKind KindOf(Interpolation interpolation) {
  switch (interpolation) {
    case Interpolation::kNearest:  // has no weights to sum (MakeFilter)
    case Interpolation::kBox:
      return {Box, 0.5};
    case Interpolation::kBilinear:
      return {Bilinear, 1.0};
    case Interpolation::kHamming:
      return {Hamming, 1.0};
    case Interpolation::kBicubic:
      return {Bicubic, 2.0};
    case Interpolation::kLanczos:
      return {Lanczos, 3.0};
  }
  return {Bicubic, 2.0};
}

int32_t ToFixedPoint(double weight) {
  return static_cast<int32_t>((weight < 0 ? -0.5 : 0.5) + weight * (1 << kPrecisionBits));
}

// The weights of the source pixels from `first` on for an output pixel at `center`; their sum is 1.
void ComputeWeights(double center, double filter_scale, const FilterKind& kind, int64_t first,
                    std::span<double> weights) {
  const double inverse_scale = 1.0 / filter_scale;
  double sum = 0.0;
  for (size_t k = 0; k < weights.size(); ++k) {
    const double x = (static_cast<double>(first) + static_cast<double>(k) - center + 0.5) * inverse_scale;
    weights[k] = kind.function(x);
    sum += weights[k];
  }
  for (double& weight : weights) {
    if (sum != 0.0) weight /= sum;
  }
}

// The one source pixel under the middle of each output pixel (libImaging/Geometry.c, ImagingScaleAffine): its sums
// of steps, not products, in double.
Filter MakeNearest(const Axis& axis) {
  const double scale = static_cast<double>(axis.source) / static_cast<double>(axis.resized);
  Filter filter{1, {}, std::vector<int64_t>(static_cast<size_t>(axis.count), 1), {}};
  filter.weights.assign(static_cast<size_t>(axis.count), 1 << kPrecisionBits);
  double place = scale * 0.5;
  for (int64_t i = 0; i < axis.first + axis.count; ++i, place += scale) {
    if (i >= axis.first) filter.firsts.push_back(std::min(static_cast<int64_t>(place), axis.source - 1));
  }
  return filter;
}

}  // namespace

// precompute_coeffs and normalize_coeffs_8bpc, in the same order of the same double operations.
Filter MakeFilter(const Axis& axis, Interpolation interpolation) {
  if (interpolation == Interpolation::kNearest) return MakeNearest(axis);
  const FilterKind kind = KindOf(interpolation);
  const double scale = static_cast<double>(axis.source) / static_cast<double>(axis.resized);
  const double filter_scale = std::max(scale, 1.0);
  const double support = kind.support * filter_scale;
  Filter filter;
  filter.stride = std::min(static_cast<int64_t>(std::ceil(support)) * 2 + 1, axis.source);
  filter.weights.resize(static_cast<size_t>(filter.stride * axis.count));
  std::vector<double> weights;
  for (int64_t i = 0; i < axis.count; ++i) {
    const double center = (static_cast<double>(axis.first + i) + 0.5) * scale;
    // NOLINTBEGIN(bugprone-incorrect-roundings): Pillow truncates after adding a half.
    const int64_t first = std::max(static_cast<int64_t>(center - support + 0.5), int64_t{0});
    const int64_t end = std::min(static_cast<int64_t>(center + support + 0.5), axis.source);
    // NOLINTEND(bugprone-incorrect-roundings)
    weights.resize(static_cast<size_t>(end - first));
    ComputeWeights(center, filter_scale, kind, first, weights);
    std::transform(weights.begin(), weights.end(), filter.weights.begin() + i * filter.stride, ToFixedPoint);
    filter.firsts.push_back(first);
    filter.counts.push_back(end - first);
  }
  return filter;
}

namespace {

constexpr int32_t kHalf = 1 << (kPrecisionBits - 1);

uint8_t Clip(int32_t sum) { return static_cast<uint8_t>(std::clamp(sum >> kPrecisionBits, 0, 255)); }

void Horizontal(const uint8_t* input, int64_t input_stride, int64_t rows, const Filter& filter, uint8_t* output) {
  for (int64_t row = 0; row < rows; ++row, input += input_stride) {
    for (size_t i = 0; i < filter.firsts.size(); ++i, output += 3) {
      const uint8_t* pixel = input + filter.firsts[i] * 3;
      const int32_t* weights = &filter.weights[i * static_cast<size_t>(filter.stride)];
      int32_t red = kHalf, green = kHalf, blue = kHalf;
      for (int64_t k = 0; k < filter.counts[i]; ++k, pixel += 3) {
        red += weights[k] * pixel[0];
        green += weights[k] * pixel[1];
        blue += weights[k] * pixel[2];
      }
      output[0] = Clip(red);
      output[1] = Clip(green);
      output[2] = Clip(blue);
    }
  }
}

void Vertical(const uint8_t* input, int64_t input_stride, int64_t row_bytes, const Filter& filter, uint8_t* output) {
  for (size_t i = 0; i < filter.firsts.size(); ++i, output += row_bytes) {
    const uint8_t* column = input + filter.firsts[i] * input_stride;
    const int32_t* weights = &filter.weights[i * static_cast<size_t>(filter.stride)];
    for (int64_t x = 0; x < row_bytes; ++x) {
      int32_t sum = kHalf;
      for (int64_t k = 0; k < filter.counts[i]; ++k) sum += weights[k] * column[k * input_stride + x];
      output[x] = Clip(sum);
    }
  }
}

}  // namespace

const ResampleKernels& ScalarResample() {
  static constexpr ResampleKernels kernels = {Horizontal, Vertical};
  return kernels;
}

#ifdef CONVNEXT_SCALAR
const ResampleKernels& SimdResample() { return ScalarResample(); }
#endif

}  // namespace convnext
