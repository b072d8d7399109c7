#include "convnext/picture/render.h"

#include <cairo-ft.h>
#include <pixman.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cmath>
#include <mutex>

#include "convnext/picture/canvas.h"
#include "convnext/picture/chart.h"
#include "convnext/picture/lines.h"
#include "convnext/picture/png_file.h"

namespace convnext {
namespace {

// Nominal pixels.
constexpr double kMargin = 36, kTitleHeight = 44, kPadding = 18, kGap = 16, kChartHeight = 320;
constexpr size_t kColumns = 120, kMaxRows = 160, kChartsInRow = 3, kMaxCharts = 12;
constexpr double kInner = kColumns * kCellWidth + 2 * (kPadding + kCellWidth);

constexpr Colour kChartColours[] = {{0.29, 0.45, 0.65}, {0.24, 0.55, 0.52}, {0.62, 0.48, 0.24}};
const TextStyle kTitle{Face::kBold, 18, kInk};

size_t ChartRows(size_t charts) { return DivideUp(charts, kChartsInRow); }

double PanelHeight(size_t rows) { return rows == 0 ? 0 : static_cast<double>(rows) * kCellHeight + 2 * kPadding; }

double Height(size_t rows, size_t charts) {
  const double panel = rows == 0 ? 0 : PanelHeight(rows) + kGap;
  return 2 * kMargin + kTitleHeight + panel + static_cast<double>(ChartRows(charts)) * (kChartHeight + kGap) - kGap;
}

// An arrow from the row above, left of a row that goes on with its line.
void DrawContinuation(const Canvas& canvas, Point corner) {
  const double x = corner.x - 11, y = corner.y + 8;
  canvas.Line({{x, y - 5}, {x, y}, {x + 6, y}}, kWarning, 1);
  canvas.Line({{x + 4, y - 2}, {x + 6, y}, {x + 4, y + 2}}, kWarning, 1);
}

void DrawPanel(const Canvas& canvas, const std::vector<Row>& rows, const Box& box) {
  canvas.Fill(box, kPanel, 6);
  canvas.Outline(box, kFrame, 6);
  Point corner{box.x + kPadding + kCellWidth, box.y + kPadding};
  for (const Row& row : rows) {
    if (row.continued) DrawContinuation(canvas, corner);
    canvas.Cells(row.text, corner, row.note ? kWarning : kInk);
    corner.y += kCellHeight;
  }
}

// The charts of one row share its width.
void DrawCharts(const Canvas& canvas, const std::vector<Chart>& charts, double top) {
  for (size_t i = 0; i < charts.size(); ++i) {
    const size_t row = i / kChartsInRow, column = i % kChartsInRow;
    const size_t count = std::min(kChartsInRow, charts.size() - row * kChartsInRow);
    const double width = std::floor((kInner + kGap) / static_cast<double>(count)) - kGap;
    const double x = kMargin + static_cast<double>(column) * (width + kGap);
    const double y = top + static_cast<double>(row) * (kChartHeight + kGap);
    DrawChart(canvas, charts[i], {x, y, width, kChartHeight}, kChartColours[i % std::size(kChartColours)]);
  }
}

Result<PngFile> Draw(const Picture& picture, const Fonts& fonts) {
  const std::string text = CleanLines(picture.text);
  const auto rows = MakeRows(text, kColumns, kMaxRows);
  const Canvas canvas(kInner + 2 * kMargin, Height(rows.size(), picture.charts.size()), fonts);
  canvas.Text(canvas.Truncate(picture.title, kInner, kTitle), {kMargin, kMargin + 18}, kTitle);
  const Box panel{kMargin, kMargin + kTitleHeight, kInner, PanelHeight(rows.size())};
  if (!rows.empty()) DrawPanel(canvas, rows, panel);
  DrawCharts(canvas, picture.charts, panel.y + (rows.empty() ? 0 : panel.height + kGap));
  CONVNEXT_ASSIGN_OR_RETURN(auto pixels, canvas.Pixels());
  return PngFile{canvas.width(), canvas.height(), std::move(pixels), PictureText(picture), RendererWith(fonts)};
}

std::string FreeTypeVersion() {
  FT_Library library = nullptr;
  if (FT_Init_FreeType(&library) != 0) return "unknown";
  FT_Int major = 0, minor = 0, patch = 0;
  FT_Library_Version(library, &major, &minor, &patch);
  FT_Done_FreeType(library);
  return fmt::format("{}.{}.{}", major, minor, patch);
}

}  // namespace

Result<std::string> RenderWith(const Picture& picture, const Fonts& fonts) {
  if (picture.charts.size() > kMaxCharts) {
    return Invalid("a picture may have {} charts; this one has {}", kMaxCharts, picture.charts.size());
  }
  const size_t size = PictureText(picture).size();
  if (size > kMaxPngText) return Invalid("a picture may have {} bytes of text; this one has {}", kMaxPngText, size);
  // Cairo's built-in fonts take its locks in two orders: two threads that draw with them could block each other.
  static std::mutex one_at_a_time;
  const std::lock_guard lock(one_at_a_time);
  CONVNEXT_ASSIGN_OR_RETURN(const auto file, Draw(picture, fonts));
  return EncodePng(file);
}

std::string RendererWith(const Fonts& fonts) {
  utsname system{};
  uname(&system);
  return fmt::format("cairo {}, pixman {}, FreeType {}, {}, {}", cairo_version_string(), pixman_version_string(),
                     FreeTypeVersion(), static_cast<const char*>(system.machine), fonts.description);
}

Result<std::string> RenderPicture(const Picture& picture) { return RenderWith(picture, SystemFonts()); }

std::string PictureRenderer() { return RendererWith(SystemFonts()); }

Result<PictureFacts> ReadPicture(std::string_view png) {
  CONVNEXT_ASSIGN_OR_RETURN(auto file, DecodePng(png));
  return PictureFacts{file.width, file.height, std::move(file.text), std::move(file.software)};
}

Result<std::string> RenderPictureLike(const Picture& picture, std::string_view renderer) {
  static const Fonts built_in = LoadFonts({});
  for (const Fonts* fonts : {&SystemFonts(), &built_in}) {
    if (renderer.ends_with(", " + fonts->description)) return RenderWith(picture, *fonts);
  }
  return Unavailable("it was drawn with fonts that are not here (\"{}\"); here are {}", Printable(renderer, 300),
                     SystemFonts().description);
}

Result<bool> SamePixels(std::string_view a, std::string_view b) {
  const auto first = DecodePng(a), second = DecodePng(b);
  if (!first.ok()) return first.status().Prefixed("the first picture");
  if (!second.ok()) return second.status().Prefixed("the second picture");
  return first->width == second->width && first->pixels == second->pixels;
}

}  // namespace convnext
