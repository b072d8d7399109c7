#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

namespace convnext {

// How far `test` is from `reference`, over one embedding. For values in float32's range; their squares must not
// overflow.
//
// Nothing bad can look good: where a vector holds NaN, every figure is NaN; where one holds an infinity, max_abs_error
// is infinite or NaN and no relative error is finite. Where the reference is zero and `test` is not, relative errors
// are infinite.
struct Metrics {
  double max_abs_error = 0;
  double mean_abs_error = 0;
  double max_rel_error_pct = 0;   // 100 max|error| / max|reference|
  double mean_rel_error_pct = 0;  // 100 mean|error| / max|reference|
  double norm_rel_error_pct = 0;  // 100 ||error||2 / ||reference||2
  double cosine_similarity = 0;   // NaN if either vector is zero
  double mse = 0;
  // 10 log10(mean reference^2 / mse); infinite for equal vectors, -infinite for a reference of zeros. Rounded to 6
  // decimals: a last bit may differ between math libraries, the printed number may not.
  double snr_db = 0;
};

// The spans have the same size, at least 1.
Metrics Compare(std::span<const double> reference, std::span<const double> test);

// The channel that is farthest off, each channel in its own measure: its largest |reference| in all rows, or that of
// the median channel where this is larger. Metrics measure all by max|reference|, where a channel that towers over the
// rest hides their errors.
struct ChannelError {
  size_t channel = 0;
  double rel_error_pct = 0;  // 100 max|error| / measure; NaN if one is
  double measure = 0;
};

// `reference` and `test` are [rows, channels, ...], of the same size; no dimension is 0.
ChannelError WorstChannel(std::span<const double> reference, std::span<const double> test, size_t rows,
                          size_t channels);

// The larger of the two, NaN if either is (std::max would drop it).
inline double LargerOrNan(double a, double b) { return std::isnan(a) || b <= a ? a : b; }

// Whether `values` holds neither NaN nor an infinity.
template <class Values>
bool IsFinite(const Values& values) {
  return std::all_of(values.begin(), values.end(), [](auto value) { return std::isfinite(value); });
}

// Whether two embeddings are the same numbers. NaN equals nothing.
inline bool AreEqual(std::span<const double> a, std::span<const double> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

// Whether all of `values` are equal (an embedding that says nothing about its picture). NaN equals nothing.
template <class Values>
bool IsConstant(const Values& values) {
  return std::all_of(values.begin(), values.end(), [&](auto value) { return value == *values.begin(); });
}

}  // namespace convnext
