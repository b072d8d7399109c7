#pragma once

#include <span>

namespace convnext {

// How far `test` is from `reference`, over one embedding.
struct Metrics {
  double max_abs_error = 0;
  double mean_abs_error = 0;
  double max_rel_error_pct = 0;   // 100 max|error| / max|reference|
  double mean_rel_error_pct = 0;  // 100 mean|error| / max|reference|
  double cosine_similarity = 0;   // NaN if either vector is zero
  double mse = 0;
  double snr_db = 0;  // 10 log10(mean reference^2 / mse); infinite for equal vectors
};

// The spans have the same size, at least 1.
Metrics Compare(std::span<const double> reference, std::span<const double> test);

}  // namespace convnext
