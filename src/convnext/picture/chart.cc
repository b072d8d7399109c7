#include "convnext/picture/chart.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "convnext/picture/axis.h"

namespace convnext {
namespace {

constexpr double kPadding = 18, kTitleHeight = 44, kXLabelHeight = 20, kGap = 8;
constexpr double kMaxTickWidth = 90, kMaxTurnedWidth = 100, kTurnedSlot = 24;
constexpr double kWideSlot = 90,
                 kNarrowLabel = 36;              // labels of wide slots are cut, narrow ones thinned out, not turned
constexpr double kTurn = -std::numbers::pi / 5;  // of labels that are wider than their slots
constexpr size_t kMaxValueLabels = 16;

const TextStyle kTitle{Face::kBold, 12.5, kInk}, kSubtitle{Face::kSans, 10.5, kQuiet};
const TextStyle kTick{Face::kSans, 10, kQuiet, Align::kRight}, kSlot{Face::kSans, 10, kInk, Align::kCentre};
const TextStyle kValue{Face::kSans, 10, kInk, Align::kCentre, 0, true},
    kAxisLabel{Face::kSans, 10.5, kQuiet, Align::kCentre};
const TextStyle kLimit{Face::kBold, 10, kWarning, Align::kRight, 0, true},
    kNotDrawn{Face::kSans, 10, kQuiet, Align::kCentre};

// The layout of a chart, shared by its parts: the plot's area, the axis, and which labels there is room for.
struct Plot {
  const Canvas& canvas;
  const Chart& chart;
  Colour colour;
  Axis axis;
  Box area;
  double edge = 0;      // how far left the labels may reach
  double widest = 0;    // the widest label of a slot
  bool turned = false;  // these labels

  size_t slots() const { return std::max<size_t>(1, chart.values.size()); }
  double slot() const { return area.width / static_cast<double>(slots()); }
  double X(size_t index) const { return area.x + slot() * (static_cast<double>(index) + 0.5); }
  double Y(double value) const { return area.y + area.height * (1 - PlaceOn(axis, value)); }
  double Floor() const { return axis.log_scale ? area.y + area.height : Y(0); }
  bool IsDrawn(size_t index) const { return IsDrawable(chart.values[index], axis.log_scale); }
  Point At(size_t index) const { return {X(index), Y(chart.values[index])}; }
};

std::string LabelOf(const Chart& chart, size_t index) {
  return index < chart.labels.size() ? chart.labels[index] : fmt::format("#{}", index + 1);
}

double WidestTick(const Canvas& canvas, const Axis& axis) {
  double widest = 0;
  for (const double tick : axis.ticks) widest = std::max(widest, canvas.Width(NumberText(tick), kTick));
  return std::min(widest, kMaxTickWidth);
}

double WidestLabel(const Canvas& canvas, const Chart& chart) {
  double widest = 0;
  for (size_t i = 0; i < chart.values.size(); ++i) widest = std::max(widest, canvas.Width(LabelOf(chart, i), kSlot));
  return widest;
}

// How far the labels of the slots reach down.
double LabelHeight(const Plot& plot) {
  return plot.turned ? 14 - std::min(plot.widest, kMaxTurnedWidth) * std::sin(kTurn) : 18;
}

Plot LayOut(const Canvas& canvas, const Chart& chart, const Box& box, Colour colour) {
  Plot plot{canvas, chart, colour, MakeAxis(chart), {}};
  const double left = kPadding + WidestTick(canvas, plot.axis) + kGap;
  plot.area = {box.x + left, box.y + kPadding + kTitleHeight, box.width - left - kPadding, 0};
  plot.edge = box.x + kPadding / 2;
  plot.widest = WidestLabel(canvas, chart);
  plot.turned = plot.widest > plot.slot() - kGap && plot.widest > kNarrowLabel && plot.slot() < kWideSlot;
  const double below = LabelHeight(plot) + (chart.x_label.empty() ? 0 : kXLabelHeight) + kPadding - 6;
  plot.area.height = std::round(box.height - kPadding - kTitleHeight - below);
  return plot;
}

void DrawTitles(const Plot& plot, const Box& box) {
  const double width = box.width - 2 * kPadding;
  const std::string scale = plot.axis.log_scale ? plot.chart.y_label.empty() ? "logarithmic" : ", logarithmic" : "";
  const Point title{box.x + kPadding, box.y + kPadding + 10};
  plot.canvas.Text(plot.canvas.Truncate(plot.chart.title, width, kTitle), title, kTitle);
  plot.canvas.Text(plot.canvas.Truncate(plot.chart.y_label + scale, width, kSubtitle), {title.x, title.y + 17},
                   kSubtitle);
  const Point below{plot.area.x + plot.area.width / 2, box.y + box.height - kPadding + 4};
  plot.canvas.Text(plot.canvas.Truncate(plot.chart.x_label, width, kAxisLabel), below, kAxisLabel);
}

void DrawGrid(const Plot& plot) {
  const double right = plot.area.x + plot.area.width;
  for (const double tick : plot.axis.ticks) {
    const double y = std::round(plot.Y(tick));
    plot.canvas.Line({{plot.area.x, y}, {right, y}}, kGrid, 1);
    plot.canvas.Text(NumberText(tick), {plot.area.x - kGap, y + 3.5}, kTick);
  }
}

// The line that bars stand on.
void DrawFloor(const Plot& plot) {
  const double y = std::round(plot.Floor());
  plot.canvas.Line({{plot.area.x, y}, {plot.area.x + plot.area.width, y}}, kQuiet, 1);
}

// The room that a turned label has from its end at (X(index), ...) to the left.
double TurnedWidth(const Plot& plot, size_t index) {
  return std::min(kMaxTurnedWidth, (plot.X(index) - plot.edge) / std::cos(kTurn));
}

// The labels of the slots, as many as there is room for.
void DrawLabels(const Plot& plot) {
  const double least = plot.turned ? kTurnedSlot : std::min(plot.widest, kNarrowLabel) + kGap;
  const auto every = static_cast<size_t>(std::max(1.0, std::ceil(least / plot.slot())));
  TextStyle style = kSlot;
  if (plot.turned) style.align = Align::kRight, style.turn = kTurn;
  for (size_t i = 0; i < plot.chart.values.size(); i += every) {
    const double width = plot.turned ? TurnedWidth(plot, i) : plot.slot() * static_cast<double>(every) - 4;
    const std::string label = plot.canvas.Truncate(LabelOf(plot.chart, i), width, kSlot);
    const double y = plot.area.y + plot.area.height + (plot.turned ? 10 : 15);
    plot.canvas.Text(label, {plot.X(i) + (plot.turned ? 4 : 0), y}, style);
  }
}

// Dense bars touch.
void DrawBars(const Plot& plot) {
  const bool dense = plot.slot() < 6;
  const double width = dense ? plot.slot() : std::min(64.0, std::round(plot.slot() * 0.55));
  const double floor = std::round(plot.Floor());
  for (size_t i = 0; i < plot.chart.values.size(); ++i) {
    if (!plot.IsDrawn(i)) continue;
    const double y = plot.Y(plot.chart.values[i]), left = plot.X(i) - width / 2;
    plot.canvas.Fill({dense ? left : std::round(left), std::min(y, floor), width, std::abs(floor - y)}, plot.colour);
  }
}

// Lines between neighbours; where a value is missing there is a gap.
void DrawLine(const Plot& plot) {
  std::vector<Point> run;
  for (size_t i = 0; i <= plot.chart.values.size(); ++i) {
    if (i < plot.chart.values.size() && plot.IsDrawn(i)) {
      run.push_back(plot.At(i));
      continue;
    }
    plot.canvas.Line(run, plot.colour, 2);
    run.clear();
  }
  if (plot.slot() < 8) return;
  for (size_t i = 0; i < plot.chart.values.size(); ++i) {
    if (plot.IsDrawn(i)) plot.canvas.Dot(plot.At(i), 3.5, plot.colour);
  }
}

// How far left of its point a value's label lies: away from a line that rises there.
double LabelShift(const Plot& plot, size_t index) {
  if (plot.chart.mark != Mark::kLine || index + 1 == plot.chart.values.size() || !plot.IsDrawn(index + 1)) return 0;
  return plot.chart.values[index + 1] > plot.chart.values[index] ? 7 : 0;
}

void DrawValue(const Plot& plot, size_t index) {
  const double value = plot.chart.values[index], gap = plot.chart.mark == Mark::kLine ? 8 : 5;
  const std::string text = NumberText(value);
  if (!plot.IsDrawn(index)) return plot.canvas.Text(text, {plot.X(index), plot.Floor() - 5}, kNotDrawn);
  if (plot.canvas.Width(text, kValue) > plot.slot()) return;
  const bool below = value < 0 && plot.chart.mark == Mark::kBars;
  const double x = plot.X(index) - LabelShift(plot, index);
  plot.canvas.Text(text, {x, plot.Y(value) + (below ? gap + kValue.size - 2 : -gap)}, kValue);
}

void DrawValues(const Plot& plot) {
  if (plot.chart.values.size() > kMaxValueLabels) return;
  for (size_t i = 0; i < plot.chart.values.size(); ++i) DrawValue(plot, i);
}

void DrawLimit(const Plot& plot) {
  if (!plot.chart.limit || !IsDrawable(*plot.chart.limit, plot.axis.log_scale)) return;
  const double y = std::round(plot.Y(*plot.chart.limit)), right = plot.area.x + plot.area.width;
  plot.canvas.Line({{plot.area.x, y}, {right, y}}, kWarning, 1.5, true);
  plot.canvas.Text(plot.canvas.Truncate(plot.chart.limit_label, plot.area.width, kLimit), {right, y - 5}, kLimit);
}

}  // namespace

void DrawChart(const Canvas& canvas, const Chart& chart, const Box& box, Colour colour) {
  canvas.Outline(box, kFrame, 6);
  const Plot plot = LayOut(canvas, chart, box, colour);
  DrawTitles(plot, box);
  DrawGrid(plot);
  if (chart.mark == Mark::kBars) DrawBars(plot);
  DrawFloor(plot);
  if (chart.mark == Mark::kLine) DrawLine(plot);
  DrawLimit(plot);
  DrawValues(plot);
  DrawLabels(plot);
  if (!chart.values.empty()) return;
  canvas.Text("no values", {plot.X(0), plot.area.y + plot.area.height / 2}, kAxisLabel);
}

}  // namespace convnext
