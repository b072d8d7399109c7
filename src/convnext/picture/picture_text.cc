#include "convnext/picture/axis.h"
#include "convnext/picture/lines.h"
#include "convnext/picture/picture.h"

namespace convnext {
namespace {

std::string OneLine(std::string_view text) { return Printable(text, std::string::npos); }

std::string_view ExplainNotDrawn(const Chart& chart, double value) {
  if (IsDrawable(value, chart.log_scale)) return "";
  return IsDrawable(value, false) ? "  (not drawn: the scale is logarithmic)" : "  (not drawn)";
}

// One value with as many digits as it takes to read the same double.
std::string ValueLine(const Chart& chart, size_t index) {
  const std::string label = index < chart.labels.size() ? OneLine(chart.labels[index]) : fmt::format("#{}", index + 1);
  if (index >= chart.values.size()) return fmt::format("  {}: no value\n", label);
  return fmt::format("  {}: {}{}\n", label, chart.values[index], ExplainNotDrawn(chart, chart.values[index]));
}

std::string ChartText(const Chart& chart) {
  std::string text = fmt::format("\nChart: {}\n", OneLine(chart.title));
  if (!chart.x_label.empty()) text += fmt::format("x: {}\n", OneLine(chart.x_label));
  if (!chart.y_label.empty()) text += fmt::format("y: {}\n", OneLine(chart.y_label));
  if (chart.log_scale) text += "y is logarithmic\n";
  const size_t places = std::max(chart.labels.size(), chart.values.size());
  for (size_t i = 0; i < places; ++i) text += ValueLine(chart, i);
  if (places == 0) text += "  no values\n";
  if (!chart.limit) return text;
  return text + fmt::format("limit: {} {}{}\n", *chart.limit, OneLine(chart.limit_label),
                            ExplainNotDrawn(chart, *chart.limit));
}

}  // namespace

std::string PictureText(const Picture& picture) {
  std::string text = OneLine(picture.title) + "\n" + CleanLines(picture.text);
  if (!picture.charts.empty() && text.back() != '\n') text += '\n';
  for (const Chart& chart : picture.charts) text += ChartText(chart);
  return text;
}

}  // namespace convnext
