#include <algorithm>
#include <cstdlib>

#include "convnext/picture/picture.h"
#include "convnext/picture/png_file.h"

namespace convnext {
namespace {

// A square of kSide pixels may differ by kMostDifference in the mean of a channel. A glyph's stem is 3 pixels wide
// (pictures are twice the nominal size): moved by half a pixel it changes such a mean by less than 26, missing by 100.
constexpr int kSide = 5;
constexpr size_t kSideSamples = size_t{3} * kSide;  // of a channel
constexpr int64_t kMostDifference = 56, kMostSum = kMostDifference * kSide * kSide;

// The differences of two rows of samples, each added over three channels' pixels of kSide rows.
class ColumnSums {
 public:
  ColumnSums(const PngFile& a, const PngFile& b) : a_(a), b_(b), sums_(3 * static_cast<size_t>(a.width)) {}

  void Add(int row, int64_t sign) {
    const size_t begin = static_cast<size_t>(row) * sums_.size();
    for (size_t i = 0; i < sums_.size(); ++i) {
      const int64_t difference =
          static_cast<uint8_t>(a_.pixels[begin + i]) - static_cast<uint8_t>(b_.pixels[begin + i]);
      sums_[i] += sign * difference;
    }
  }

  // The largest sum over kSide neighbouring columns of a channel.
  int64_t Largest() const {
    int64_t largest = 0;
    for (size_t channel = 0; channel < 3; ++channel) {
      int64_t sum = 0;
      for (size_t i = channel; i < sums_.size(); i += 3) {
        sum += sums_[i];
        if (i >= kSideSamples) sum -= sums_[i - kSideSamples];
        largest = std::max(largest, std::abs(sum));
      }
    }
    return largest;
  }

 private:
  const PngFile &a_, &b_;
  std::vector<int64_t> sums_;
};

}  // namespace

Result<bool> LookAlike(std::string_view a, std::string_view b) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto first, DecodePng(a));
  CONVNEXT_ASSIGN_OR_RETURN(const auto second, DecodePng(b));
  if (first.width != second.width || first.height != second.height) return false;
  ColumnSums sums(first, second);
  for (int row = 0; row < first.height; ++row) {
    sums.Add(row, 1);
    if (row >= kSide) sums.Add(row - kSide, -1);
    if (sums.Largest() > kMostSum) return false;
  }
  return true;
}

}  // namespace convnext
