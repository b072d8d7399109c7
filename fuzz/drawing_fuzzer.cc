// Any bytes as what a picture shows: its texts, and values of every size.
#include <cstdint>
#include <cstring>

#include "convnext/picture/picture.h"
#include "target.h"

namespace {

convnext::Chart MakeChart(const std::string& text) {
  convnext::Chart chart;
  chart.title = chart.x_label = chart.y_label = chart.limit_label = text;
  chart.labels = {text, text};
  chart.values.resize(text.size() / sizeof(double));
  if (chart.values.empty()) return chart;
  std::memcpy(chart.values.data(), text.data(), chart.values.size() * sizeof(double));
  chart.limit = chart.values.back();
  chart.mark = text[0] % 2 == 0 ? convnext::Mark::kBars : convnext::Mark::kLine;
  chart.log_scale = text[0] % 3 == 0;
  return chart;
}

}  // namespace

FUZZ_TARGET(drawing) {
  const std::string text(data, data + size);
  const convnext::Picture picture{text.substr(0, 40), text, {MakeChart(text)}};
  const auto png = convnext::RenderPicture(picture);
  Require(png.ok());
  const auto facts = convnext::ReadPicture(*png);
  Require(facts.ok() && facts->text == convnext::PictureText(picture));
  return 0;
}
