#include "eval/metrics.h"

#include <algorithm>
#include <cmath>

namespace convnext {

Metrics Compare(std::span<const double> reference, std::span<const double> test) {
  Metrics m;
  double largest = 0, squares = 0, test_squares = 0, product = 0;
  for (size_t i = 0; i < reference.size(); ++i) {
    const double error = std::abs(test[i] - reference[i]);
    if (!(error <= m.max_abs_error)) m.max_abs_error = error;  // NaN stays
    m.mean_abs_error += error;
    m.mse += error * error;
    largest = std::max(largest, std::abs(reference[i]));
    squares += reference[i] * reference[i];
    test_squares += test[i] * test[i];
    product += reference[i] * test[i];
  }
  const auto count = static_cast<double>(reference.size());
  m.mean_abs_error /= count;
  m.mse /= count;
  m.max_rel_error_pct = m.max_abs_error == 0 ? 0 : 100 * m.max_abs_error / largest;
  m.mean_rel_error_pct = m.mean_abs_error == 0 ? 0 : 100 * m.mean_abs_error / largest;
  m.cosine_similarity = product / (std::sqrt(squares) * std::sqrt(test_squares));
  m.snr_db = 10 * std::log10(squares / count / m.mse);
  return m;
}

}  // namespace convnext
