#include "convnext/ascend/run/npu_shares.h"

#include <algorithm>
#include <iterator>
#include <set>

namespace convnext {
namespace {

template <class T>
std::span<const T> Rows(std::span<const T> values, int64_t first, int64_t count, int64_t width) {
  if (values.empty()) return {};
  return values.subspan(static_cast<size_t>(first * width), static_cast<size_t>(count * width));
}

}  // namespace

std::vector<int64_t> Shares(int64_t N, size_t devices) {
  const auto count = static_cast<int64_t>(devices);
  std::vector<int64_t> shares(devices, N / count);
  for (size_t i = 0; i < static_cast<size_t>(N % count); ++i) ++shares[i];
  return shares;
}

std::vector<int64_t> SharedBatchSizes(const std::vector<int64_t>& batch_sizes, size_t devices) {
  std::set<int64_t> sizes;
  for (const int64_t batch_size : batch_sizes) {
    for (const int64_t share : Shares(batch_size, devices)) sizes.insert(share);
  }
  sizes.erase(0);
  return {sizes.begin(), sizes.end()};
}

int64_t NextBatchSize(const std::vector<int64_t>& sizes, int64_t N) {
  const auto above = std::upper_bound(sizes.begin(), sizes.end(), N);
  return above == sizes.begin() ? sizes.front() : *std::prev(above);
}

ImageBatch PartOf(const ImageBatch& images, int64_t first, int64_t count) {
  const int64_t width = 3 * images.H * images.W;
  return {Rows(images.data, first, count, width), count, images.H, images.W, Rows(images.pixels, first, count, width)};
}

}  // namespace convnext
