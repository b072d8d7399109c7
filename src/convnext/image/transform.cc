#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <new>
#include <optional>
#include <utility>

#include "convnext/image/image.h"
#include "convnext/image/resample.h"

namespace convnext {
namespace {

// The most pixels of a resized side and of the result's: the products below stay within int64 and exact in double.
constexpr double kMaxSide = 1 << 20;

// torchvision's Resize of the shorter side.
ImageSize ResizeShorter(const Pixels& pixels, int64_t side) {
  const auto [shorter, longer] = std::minmax(pixels.width, pixels.height);
  const auto resized = static_cast<int64_t>(static_cast<double>(side * longer) / shorter);
  return pixels.width <= pixels.height ? ImageSize{resized, side} : ImageSize{side, resized};
}

// ResizeKeepRatio of timm and open_clip: the longer side, or the shorter, in relation to the target's, is the target's.
ImageSize ResizeKeepRatio(const Pixels& pixels, const ImageSize& target, bool longest) {
  const double down = static_cast<double>(pixels.height) / static_cast<double>(target.height);
  const double across = static_cast<double>(pixels.width) / static_cast<double>(target.width);
  const double ratio = longest ? std::max(down, across) : std::min(down, across);
  // Python's round: halves to the even neighbour.
  return {static_cast<int64_t>(std::nearbyint(pixels.height / ratio)),
          static_cast<int64_t>(std::nearbyint(pixels.width / ratio))};
}

// timm's transforms_imagenet_eval; `target` is the model's size divided by crop_pct.
ImageSize ResizedSize(const Pixels& pixels, const ImageSize& target, CropMode mode) {
  if (mode == CropMode::kSquash) return target;
  if (mode == CropMode::kBorder) return ResizeKeepRatio(pixels, target, true);
  return target.height == target.width ? ResizeShorter(pixels, target.height) : ResizeKeepRatio(pixels, target, false);
}

// Python's round(difference / 2.0): halves to the even neighbour.
int64_t RoundHalf(int64_t difference) {
  const int64_t down = difference / 2;
  return difference % 2 == 0 || down % 2 == 0 ? down : down + 1;
}

// torchvision's CenterCrop, and the libraries' CenterCropOrPad, along one axis of the resized picture: the window, and
// how much of the border goes before it.
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

Pixels Canvas(const ImageSize& size, const std::array<uint8_t, 3>& colour) {
  Pixels canvas{static_cast<int>(size.width), static_cast<int>(size.height), {}};
  canvas.data.resize(static_cast<size_t>(size.width * size.height * 3));
  for (size_t i = 0; i < canvas.data.size(); ++i) canvas.data[i] = colour[i % 3];
  return canvas;
}

Pixels CopyTo(const ImageSize& size, const std::array<uint8_t, 3>& colour, const View& view, int64_t left,
              int64_t top) {
  Pixels output = Canvas(size, colour);
  for (int64_t y = 0; y < view.height; ++y) {
    uint8_t* row = output.data.data() + ((y + top) * size.width + left) * 3;
    std::memcpy(row, view.data + y * view.stride, static_cast<size_t>(view.width * 3));
  }
  return output;
}

Pixels Resize(const Pixels& pixels, const ImageSize& resized, const Preprocessing& preprocessing, ResizeCode code) {
  const ImageSize& size = preprocessing.image_size;
  const Window across = CenterCrop(pixels.width, resized.width, size.width);
  const Window down = CenterCrop(pixels.height, resized.height, size.height);
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
  const bool border = preprocessing.crop_mode == CropMode::kBorder;
  return CopyTo(size, border ? preprocessing.fill : std::array<uint8_t, 3>{}, view, across.padding, down.padding);
}

bool IsSide(double side) { return side >= 1 && side <= kMaxSide; }

// The size to which timm resizes a side, before the crop: math.floor(size / crop_pct).
Result<ImageSize> TargetSize(const Preprocessing& preprocessing) {
  const ImageSize& size = preprocessing.image_size;
  const double height = std::floor(static_cast<double>(size.height) / preprocessing.crop_pct);
  const double width = std::floor(static_cast<double>(size.width) / preprocessing.crop_pct);
  for (const double side : {height, width, static_cast<double>(size.height), static_cast<double>(size.width)}) {
    if (IsSide(side)) continue;
    return Invalid(
        "an image size of {} with a crop_pct of {} resizes pictures to {}x{} pixels; expected 1 to {} a side",
        ToString(size), preprocessing.crop_pct, height, width, kMaxSide);
  }
  return ImageSize{static_cast<int64_t>(height), static_cast<int64_t>(width)};
}

}  // namespace

Result<Pixels> ResizeAndCrop(const Pixels& pixels, const Preprocessing& preprocessing, ResizeCode code) {
  if (pixels.width <= 0 || pixels.height <= 0)
    return Invalid("the picture is {}x{} pixels", pixels.width, pixels.height);
  CONVNEXT_ASSIGN_OR_RETURN(const auto target, TargetSize(preprocessing));
  const ImageSize resized = ResizedSize(pixels, target, preprocessing.crop_mode);
  if (resized.height < 1 || resized.width < 1) {
    return Invalid("a picture of {}x{} pixels is resized to {}x{}: no pixels are left", pixels.width, pixels.height,
                   resized.width, resized.height);
  }
  try {
    return Resize(pixels, resized, preprocessing, code);
  } catch (const std::bad_alloc&) {
    return IoError("not enough memory to resize a picture of {}x{} pixels", pixels.width, pixels.height);
  }
}

}  // namespace convnext
