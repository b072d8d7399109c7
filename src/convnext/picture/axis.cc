#include "convnext/picture/axis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace convnext {
namespace {

constexpr double kLargest = 1e300, kSmallest = 1e-300;  // beyond them the arithmetic of ticks overflows
constexpr int kIntervals = 5, kDecades = 7;             // about so many between ticks; at most so many ticks

// The values that the axis must span.
std::vector<double> SpannedValues(const Chart& chart) {
  std::vector<double> values;
  const auto take = [&](double value) {
    if (IsDrawable(value, chart.log_scale)) values.push_back(value);
  };
  std::for_each(chart.values.begin(), chart.values.end(), take);
  if (chart.limit) take(*chart.limit);
  if (!chart.log_scale) values.push_back(0);
  if (values.empty()) values.push_back(1);
  return values;
}

// 1, 2 or 5 times a power of ten, the smallest that is not below `width`.
double RoundStep(double width) {
  const double power = std::pow(10, std::floor(std::log10(width)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= width * (1 - 1e-9)) return factor * power;
  }
  return 10 * power;
}

// Ticks at multiples of a round number. Beyond the outermost values is some room for their labels.
Axis LinearAxis(double low, double high) {
  if (high - low < kSmallest) high = low + 1;
  const double step = RoundStep((high - low) / kIntervals);
  Axis axis;
  const int first = static_cast<int>(std::floor(low / step)), last = static_cast<int>(std::ceil(high / step));
  for (int i = first; i <= last; ++i) axis.ticks.push_back(i * step);
  const double room = (high - low) * 0.08;
  axis.low = low < 0 ? std::min(axis.ticks.front(), low - room) : 0;
  axis.high = high > 0 ? std::max(axis.ticks.back(), high + room) : 0;
  return axis;
}

// Ticks at powers of ten. Below the lowest value is some room, so that its bar can be seen.
Axis LogAxis(double low, double high) {
  const int first = static_cast<int>(std::floor(std::log10(low) - 0.15));
  const int last = static_cast<int>(std::ceil(std::log10(high) + 0.1));
  const int step = DivideUp(last - first, kDecades);
  Axis axis;
  axis.log_scale = true;
  axis.low = std::pow(10, first);
  axis.high = std::pow(10, last);
  for (int exponent = first; exponent <= last; exponent += step) axis.ticks.push_back(std::pow(10, exponent));
  return axis;
}

// "1.50" as "1.5", "2.00" as "2".
std::string WithoutZeros(std::string text) {
  if (text.find('.') == std::string::npos) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

// "2.3e-5", from "2.30e-05".
std::string WithExponent(double value) {
  const std::string text = fmt::format("{:.2e}", value);
  const size_t e = text.find('e');
  return fmt::format("{}e{}", WithoutZeros(text.substr(0, e)), std::stoi(text.substr(e + 1)));
}

}  // namespace

bool IsDrawable(double value, bool log_scale) {
  return std::isfinite(value) && std::abs(value) < kLargest && (!log_scale || value > kSmallest);
}

Axis MakeAxis(const Chart& chart) {
  const std::vector<double> values = SpannedValues(chart);
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  return chart.log_scale ? LogAxis(*low, *high) : LinearAxis(*low, *high);
}

double PlaceOn(const Axis& axis, double value) {
  if (!axis.log_scale) return (value - axis.low) / (axis.high - axis.low);
  const double bottom = std::log10(axis.low);
  return (std::log10(value) - bottom) / (std::log10(axis.high) - bottom);
}

std::string NumberText(double value) {
  const double size = std::abs(value);
  if (!std::isfinite(value)) return fmt::format("{}", value);
  if (size < kSmallest) return "0";
  if (size < 0.999e-3 || size >= 999999.5) return WithExponent(value);
  const int decimals = std::max(0, 2 - static_cast<int>(std::floor(std::log10(size) + 1e-9)));
  return WithoutZeros(fmt::format("{:.{}f}", value, decimals));
}

}  // namespace convnext
