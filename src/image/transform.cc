#include <algorithm>
#include <cmath>
#include <cstring>

#include "image/image.h"
#include "image/resample.h"

namespace convnext {
namespace {

struct Size {
  int64_t width, height;
};

// timm's transforms_imagenet_eval and torchvision's Resize of the shorter side.
Size ResizedSize(const Pixels& pixels, const Preprocessing& preprocessing) {
  const auto side = static_cast<int64_t>(std::floor(preprocessing.image_size / preprocessing.crop_pct));
  if (preprocessing.crop_mode == CropMode::kSquash) return {side, side};
  const auto [shorter, longer] = std::minmax(pixels.width, pixels.height);
  const auto resized = static_cast<int64_t>(static_cast<double>(side * longer) / shorter);
  return pixels.width <= pixels.height ? Size{side, resized} : Size{resized, side};
}

// Python's round(difference / 2.0): halves to the even neighbour.
int64_t RoundHalf(int64_t difference) {
  const int64_t down = difference / 2;
  return difference % 2 == 0 || down % 2 == 0 ? down : down + 1;
}

// torchvision's CenterCrop along one axis of the resized picture: the window, and how much black goes before it.
struct Window {
  Axis axis;
  int64_t padding = 0;
};

Window CenterCrop(int64_t source, int64_t resized, int64_t size) {
  if (resized < size) return {{source, resized, 0, resized}, (size - resized) / 2};
  return {{source, resized, RoundHalf(resized - size), size}, 0};
}

// Rows [first, first + count) of `pixels` and of them the columns of `axis`, resized where the width changes.
std::vector<uint8_t> ResizeRows(const Pixels& pixels, int64_t first, int64_t count, const Axis& axis,
                                Interpolation interpolation, const ResampleKernels& kernels) {
  std::vector<uint8_t> output(static_cast<size_t>(count * axis.count * 3));
  const int64_t stride = int64_t{pixels.width} * 3;
  const uint8_t* input = pixels.data.data() + first * stride;
  if (axis.source != axis.resized) {
    kernels.horizontal(input, stride, count, MakeFilter(axis, interpolation), output.data());
    return output;
  }
  const auto row_bytes = static_cast<size_t>(axis.count * 3);
  for (int64_t y = 0; y < count; ++y) {
    std::memcpy(output.data() + y * axis.count * 3, input + y * stride + axis.first * 3, row_bytes);
  }
  return output;
}

// The window [vertical.count, horizontal.count, 3] of the resized picture: first the rows that it needs, then columns.
std::vector<uint8_t> ResizeWindow(const Pixels& pixels, const Axis& horizontal, const Axis& vertical,
                                  Interpolation interpolation, const ResampleKernels& kernels) {
  if (vertical.source == vertical.resized) {
    return ResizeRows(pixels, vertical.first, vertical.count, horizontal, interpolation, kernels);
  }
  const Filter filter = MakeFilter(vertical, interpolation);
  const int64_t first = filter.firsts.front();
  const int64_t end = filter.firsts.back() + filter.counts.back();
  const auto rows = ResizeRows(pixels, first, end - first, horizontal, interpolation, kernels);
  std::vector<uint8_t> output(static_cast<size_t>(vertical.count * horizontal.count * 3));
  kernels.vertical(rows.data(), first, horizontal.count * 3, filter, output.data());
  return output;
}

Pixels Pad(const std::vector<uint8_t>& window, const Window& across, const Window& down, int size) {
  Pixels output{size, size, std::vector<uint8_t>(static_cast<size_t>(size) * static_cast<size_t>(size) * 3)};
  const int64_t row_bytes = across.axis.count * 3;
  for (int64_t y = 0; y < down.axis.count; ++y) {
    uint8_t* row = output.data.data() + ((y + down.padding) * size + across.padding) * 3;
    std::memcpy(row, window.data() + y * row_bytes, static_cast<size_t>(row_bytes));
  }
  return output;
}

}  // namespace

Result<Pixels> ResizeAndCrop(const Pixels& pixels, const Preprocessing& preprocessing, ResizeCode code) {
  if (pixels.width <= 0 || pixels.height <= 0) return Invalid("the picture is {}x{} pixels", pixels.width, pixels.height);
  const Size resized = ResizedSize(pixels, preprocessing);
  const int size = preprocessing.image_size;
  if (std::min(resized.width, resized.height) <= 0) {
    return Invalid("a crop_pct of {} leaves nothing of an image size of {}", preprocessing.crop_pct, size);
  }
  const Window across = CenterCrop(pixels.width, resized.width, size);
  const Window down = CenterCrop(pixels.height, resized.height, size);
  const ResampleKernels& kernels = code == ResizeCode::kSimd ? SimdResample() : ScalarResample();
  std::vector<uint8_t> window = ResizeWindow(pixels, across.axis, down.axis, preprocessing.interpolation, kernels);
  if (across.axis.count == size && down.axis.count == size) return Pixels{size, size, std::move(window)};
  return Pad(window, across, down, size);
}

}  // namespace convnext
