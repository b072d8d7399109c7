#include "convnext/facts/metrics.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "convnext/base/base.h"

namespace convnext {
namespace {

// Over all elements, in their order.
struct Sums {
  double max_error = 0, errors = 0, squared_errors = 0;
  double max_reference = 0, squared_reference = 0, squared_test = 0, products = 0;
};

Sums Accumulate(std::span<const double> reference, std::span<const double> test) {
  Sums s;
  for (size_t i = 0; i < reference.size(); ++i) {
    const double error = std::abs(test[i] - reference[i]);
    s.max_error = LargerOrNan(s.max_error, error);
    s.errors += error;
    s.squared_errors += error * error;
    s.max_reference = LargerOrNan(s.max_reference, std::abs(reference[i]));
    s.squared_reference += reference[i] * reference[i];
    s.squared_test += test[i] * test[i];
    s.products += reference[i] * test[i];
  }
  return s;
}

// No error is none of anything, also of a reference of zeros.
double Percent(double error, double of) { return error == 0 ? 0 : 100 * error / of; }

double SnrDb(const Sums& s) {
  if (s.squared_errors == 0) return std::numeric_limits<double>::infinity();
  return RoundTo(10 * std::log10(s.squared_reference / s.squared_errors), 6);
}

}  // namespace

Metrics Compare(std::span<const double> reference, std::span<const double> test) {
  const auto count = static_cast<double>(reference.size());
  const Sums s = Accumulate(reference, test);
  Metrics m;
  m.max_abs_error = s.max_error;
  m.mean_abs_error = s.errors / count;
  m.max_rel_error_pct = Percent(m.max_abs_error, s.max_reference);
  m.mean_rel_error_pct = Percent(m.mean_abs_error, s.max_reference);
  m.norm_rel_error_pct = Percent(std::sqrt(s.squared_errors), std::sqrt(s.squared_reference));
  m.cosine_similarity = s.products / (std::sqrt(s.squared_reference) * std::sqrt(s.squared_test));
  m.mse = s.squared_errors / count;
  m.snr_db = SnrDb(s);
  return m;
}

ChannelError WorstChannel(std::span<const double> reference, std::span<const double> test, size_t rows,
                          size_t channels) {
  const size_t inner = reference.size() / rows / channels;
  std::vector<double> errors(channels), measures(channels);
  for (size_t i = 0; i < reference.size(); ++i) {
    const size_t channel = i / inner % channels;
    errors[channel] = LargerOrNan(errors[channel], std::abs(test[i] - reference[i]));
    measures[channel] = std::max(measures[channel], std::abs(reference[i]));  // NaN stays out; the error is NaN then
  }
  std::vector<double> sorted = measures;
  std::sort(sorted.begin(), sorted.end());
  ChannelError worst;
  for (size_t channel = 0; channel < channels; ++channel) {
    const double measure = std::max(measures[channel], sorted[channels / 2]);
    const double error = Percent(errors[channel], measure);
    if (channel == 0 || error > worst.rel_error_pct || (std::isnan(error) && !std::isnan(worst.rel_error_pct)))
      worst = {channel, error, measure};
  }
  return worst;
}

}  // namespace convnext
