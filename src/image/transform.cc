#include <algorithm>
#include <cmath>
#include <cstring>
#include <new>
#include <optional>
#include <utility>

#include "image/image.h"
#include "image/resample.h"

namespace convnext {
namespace {

struct Size {
  int64_t width, height;
};

// The most pixels of a resized side and of the result's: the products below stay within int64 and exact in double.
constexpr double kMaxSide = 1 << 20;

// timm's transforms_imagenet_eval and torchvision's Resize of the shorter side.
Size ResizedSize(const Pixels& pixels, int64_t side, CropMode mode) {
  if (mode == CropMode::kSquash) return {side, side};
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

// One pass of a resize reads the source pixels [first, first + count) of its axis and sums them with these weights,
// counted from `first`. No weights where the axis keeps its length.
struct ResamplePass {
  int64_t first = 0;
  int64_t count = 0;
  std::optional<Filter> filter;
};

ResamplePass MakeResamplePass(const Axis& axis, Interpolation interpolation) {
  if (axis.source == axis.resized) return {axis.first, axis.count, std::nullopt};
  Filter filter = MakeFilter(axis, interpolation);
  const int64_t first = filter.firsts.front();
  const int64_t end = filter.firsts.back() + filter.counts.back();
  for (int64_t& begin : filter.firsts) begin -= first;
  return {first, end - first, std::move(filter)};
}

// Rows of interleaved RGB, `stride` bytes apart, that lie in another's memory.
struct View {
  const uint8_t* data;
  int64_t width, height, stride;
};

// Each pass makes `view` a view of its result, which lies in the vector returned.
std::vector<uint8_t> ResizeWidth(const ResamplePass& pass, const ResampleKernels& kernels, View& view) {
  if (!pass.filter) return {};
  const auto width = static_cast<int64_t>(pass.filter->firsts.size());
  std::vector<uint8_t> output(static_cast<size_t>(view.height * width * 3));
  kernels.horizontal(view.data, view.stride, view.height, *pass.filter, output.data());
  view = {output.data(), width, view.height, width * 3};
  return output;
}

std::vector<uint8_t> ResizeHeight(const ResamplePass& pass, const ResampleKernels& kernels, View& view) {
  if (!pass.filter) return {};
  const auto height = static_cast<int64_t>(pass.filter->firsts.size());
  std::vector<uint8_t> output(static_cast<size_t>(height * view.width * 3));
  kernels.vertical(view.data, view.stride, view.width * 3, *pass.filter, output.data());
  view = {output.data(), view.width, height, view.width * 3};
  return output;
}

// Pillow 13's order of the passes (https://github.com/python-pillow/Pillow/pull/9549); since each rounds to 8 bits, it
// shows. Up to Pillow 12.2 the columns always came last, in 12.3 only for pictures higher than 100 times their width.
bool IsHeightFirst(const Axis& across, const Axis& down) {
  const int64_t shrinks = down.source - down.resized;
  return shrinks > 0 && shrinks > 2 * (across.source - across.resized);
}

Pixels CopyOnBlack(const View& view, int64_t left, int64_t top, int size) {
  Pixels output{size, size, std::vector<uint8_t>(static_cast<size_t>(size) * static_cast<size_t>(size) * 3)};
  for (int64_t y = 0; y < view.height; ++y) {
    uint8_t* row = output.data.data() + ((y + top) * size + left) * 3;
    std::memcpy(row, view.data + y * view.stride, static_cast<size_t>(view.width * 3));
  }
  return output;
}

Pixels Resize(const Pixels& pixels, const Size& resized, const Preprocessing& preprocessing, ResizeCode code) {
  const int size = preprocessing.image_size;
  const Window across = CenterCrop(pixels.width, resized.width, size);
  const Window down = CenterCrop(pixels.height, resized.height, size);
  const ResampleKernels& kernels = code == ResizeCode::kSimd ? SimdResample() : ScalarResample();
  const ResamplePass columns = MakeResamplePass(across.axis, preprocessing.interpolation);
  const ResamplePass rows = MakeResamplePass(down.axis, preprocessing.interpolation);
  const int64_t stride = int64_t{pixels.width} * 3;
  View view{pixels.data.data() + rows.first * stride + columns.first * 3, columns.count, rows.count, stride};
  std::vector<uint8_t> first, second;
  if (IsHeightFirst(across.axis, down.axis)) {
    first = ResizeHeight(rows, kernels, view);
    second = ResizeWidth(columns, kernels, view);
  } else {
    first = ResizeWidth(columns, kernels, view);
    second = ResizeHeight(rows, kernels, view);
  }
  return CopyOnBlack(view, across.padding, down.padding, size);
}

}  // namespace

Result<Pixels> ResizeAndCrop(const Pixels& pixels, const Preprocessing& preprocessing, ResizeCode code) {
  if (pixels.width <= 0 || pixels.height <= 0)
    return Invalid("the picture is {}x{} pixels", pixels.width, pixels.height);
  const double side = std::floor(preprocessing.image_size / preprocessing.crop_pct);
  if (!(side >= 1 && side <= kMaxSide && preprocessing.image_size >= 1 && preprocessing.image_size <= kMaxSide)) {
    return Invalid("an image size of {} with a crop_pct of {} resizes pictures to {} pixels; expected 1 to {}",
                   preprocessing.image_size, preprocessing.crop_pct, side, kMaxSide);
  }
  try {
    return Resize(pixels, ResizedSize(pixels, static_cast<int64_t>(side), preprocessing.crop_mode), preprocessing,
                  code);
  } catch (const std::bad_alloc&) {
    return IoError("not enough memory to resize a picture of {}x{} pixels", pixels.width, pixels.height);
  }
}

}  // namespace convnext
