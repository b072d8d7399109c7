#include "convnext/picture/canvas.h"

#include <cmath>
#include <numbers>

#include "convnext/picture/lines.h"

namespace convnext {
namespace {

constexpr double kPi = std::numbers::pi;
constexpr double kCellFont = kCellWidth * 2048 / 1233;  // DejaVu Sans Mono's signs are 1233/2048 of its size wide
constexpr double kBaseline = 11.25;                     // below the top of a cell
// Its box drawing signs reach from 512 below to 1921 above the baseline: stretched to a cell's height, they join.
constexpr double kJoinedBaseline = kCellHeight * 1921 / (1921 + 512);
constexpr double kJoinedStretch = kCellHeight / (kCellFont * (1921 + 512) / 2048);

// U+2500 to U+259F, box drawing and blocks, which must touch those of the next row.
bool JoinsRows(char32_t code_point) { return code_point >= 0x2500 && code_point <= 0x259f; }

struct FreeGlyphs {
  void operator()(cairo_glyph_t* glyphs) const { cairo_glyph_free(glyphs); }
};

// The signs of `text` in the context's font, one per code point; none if Cairo refuses.
std::vector<cairo_glyph_t> GlyphsOf(cairo_t* context, std::string_view text) {
  cairo_glyph_t* glyphs = nullptr;
  int count = 0;
  const auto status =
      cairo_scaled_font_text_to_glyphs(cairo_get_scaled_font(context), 0, 0, text.data(), static_cast<int>(text.size()),
                                       &glyphs, &count, nullptr, nullptr, nullptr);
  const std::unique_ptr<cairo_glyph_t, FreeGlyphs> owned(glyphs);
  if (status != CAIRO_STATUS_SUCCESS) return {};
  return {glyphs, glyphs + count};
}

}  // namespace

Canvas::Canvas(double width, double height, const Fonts& fonts)
    : fonts_(&fonts),
      surface_(cairo_image_surface_create(CAIRO_FORMAT_RGB24, static_cast<int>(width) * kScale,
                                          static_cast<int>(height) * kScale)),
      context_(cairo_create(surface_.get())) {
  cairo_scale(context_.get(), kScale, kScale);
  cairo_set_antialias(context_.get(), CAIRO_ANTIALIAS_GRAY);
  cairo_font_options_t* options = cairo_font_options_create();
  cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
  cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
  cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
  cairo_set_font_options(context_.get(), options);
  cairo_font_options_destroy(options);
  Fill({0, 0, width, height}, kPaper);
}

void Canvas::SetColour(Colour colour) const {
  cairo_set_source_rgb(context_.get(), colour.red, colour.green, colour.blue);
}

void Canvas::Path(const Box& box, double radius) const {
  const double left = box.x + radius, right = box.x + box.width - radius;
  const double top = box.y + radius, bottom = box.y + box.height - radius;
  cairo_new_path(context_.get());
  cairo_arc(context_.get(), right, top, radius, -kPi / 2, 0);
  cairo_arc(context_.get(), right, bottom, radius, 0, kPi / 2);
  cairo_arc(context_.get(), left, bottom, radius, kPi / 2, kPi);
  cairo_arc(context_.get(), left, top, radius, kPi, 3 * kPi / 2);
  cairo_close_path(context_.get());
}

void Canvas::Fill(const Box& box, Colour colour, double radius) const {
  SetColour(colour);
  Path(box, radius);
  cairo_fill(context_.get());
}

void Canvas::Outline(const Box& box, Colour colour, double radius) const {
  SetColour(colour);
  Path(box, radius);
  cairo_set_line_width(context_.get(), 1);
  cairo_stroke(context_.get());
}

void Canvas::Line(const std::vector<Point>& points, Colour colour, double width, bool dashed) const {
  constexpr double kDash[] = {6, 4};
  SetColour(colour);
  cairo_new_path(context_.get());
  for (const Point& point : points) cairo_line_to(context_.get(), point.x, point.y);
  cairo_set_line_width(context_.get(), width);
  cairo_set_line_join(context_.get(), CAIRO_LINE_JOIN_ROUND);
  cairo_set_dash(context_.get(), kDash, dashed ? 2 : 0, 0);
  cairo_stroke(context_.get());
  cairo_set_dash(context_.get(), kDash, 0, 0);
}

void Canvas::Dot(Point centre, double radius, Colour colour) const {
  Fill({centre.x - radius, centre.y - radius, 2 * radius, 2 * radius}, colour, radius);
}

void Canvas::SelectFont(Face face, double size, double stretch) const {
  cairo_matrix_t matrix;
  cairo_matrix_init_scale(&matrix, size, size * stretch);
  cairo_set_font_face(context_.get(), fonts_->face(face));
  cairo_set_font_matrix(context_.get(), &matrix);
}

double Canvas::Width(std::string_view text, const TextStyle& style) const {
  SelectFont(style.face, style.size, 1);
  cairo_text_extents_t extents{};
  cairo_text_extents(context_.get(), Printable(text, std::string::npos).c_str(), &extents);
  return extents.x_advance;
}

void Canvas::Text(std::string_view text, Point point, const TextStyle& style) const {
  const std::string clean = Printable(text, std::string::npos);
  const double width = style.align == Align::kLeft ? 0 : Width(text, style);
  const double start = style.align == Align::kCentre ? -width / 2 : -width;
  SelectFont(style.face, style.size, 1);
  cairo_save(context_.get());
  cairo_translate(context_.get(), point.x, point.y);
  cairo_rotate(context_.get(), style.turn);
  if (style.halo) DrawHalo(clean, start);
  SetColour(style.colour);
  cairo_move_to(context_.get(), start, 0);
  cairo_show_text(context_.get(), clean.c_str());
  cairo_restore(context_.get());
}

void Canvas::DrawHalo(const std::string& clean, double start) const {
  cairo_new_path(context_.get());
  cairo_move_to(context_.get(), start, 0);
  cairo_text_path(context_.get(), clean.c_str());
  SetColour(kPaper);
  cairo_set_line_width(context_.get(), 3.5);
  cairo_stroke(context_.get());
}

std::string Canvas::Truncate(std::string_view text, double width, const TextStyle& style) const {
  constexpr size_t kMax = 400;  // more than fits into any picture
  std::string clean = Printable(text.substr(0, kMax), kMax);
  if (text.size() <= kMax && Width(clean, style) <= width) return clean;
  std::string cut;
  std::string_view rest = clean;
  while (!rest.empty()) {
    const std::string_view before = rest;
    ConsumeCodePoint(rest);
    const std::string longer = cut + std::string(before.substr(0, before.size() - rest.size()));
    if (Width(longer + "...", style) > width) break;
    cut = longer;
  }
  return cut + "...";
}

void Canvas::Cells(std::string_view text, Point corner, Colour colour) const {
  SelectFont(Face::kMono, kCellFont, 1);
  std::vector<cairo_glyph_t> plain, joined;
  Point place = corner;
  for (cairo_glyph_t glyph : GlyphsOf(context_.get(), text)) {
    const char32_t code_point = ConsumeCodePoint(text);
    const bool joins = JoinsRows(code_point);
    const double width = kCellWidth * static_cast<double>(Columns(code_point));
    glyph.x = place.x;
    glyph.y = place.y + (joins ? kJoinedBaseline : kBaseline);
    if (glyph.index != 0) (joins ? joined : plain).push_back(glyph);
    if (glyph.index == 0) Outline({place.x + 1, place.y + 3, width - 2, kCellHeight - 5}, kQuiet, 1);
    place.x += width;
  }
  SetColour(colour);
  cairo_show_glyphs(context_.get(), plain.data(), static_cast<int>(plain.size()));
  SelectFont(Face::kMono, kCellFont, kJoinedStretch);
  cairo_show_glyphs(context_.get(), joined.data(), static_cast<int>(joined.size()));
}

Result<std::string> Canvas::Pixels() const {
  cairo_surface_flush(surface_.get());
  if (const auto status = cairo_status(context_.get()); status != CAIRO_STATUS_SUCCESS) {
    return Internal("Cairo cannot draw a picture: {}", cairo_status_to_string(status));
  }
  const unsigned char* data = cairo_image_surface_get_data(surface_.get());
  const auto stride = static_cast<size_t>(cairo_image_surface_get_stride(surface_.get()));
  const auto columns = static_cast<size_t>(width()), rows = static_cast<size_t>(height());
  std::string pixels(3 * columns * rows, '\0');
  char* place = pixels.data();
  for (size_t y = 0; y < rows; ++y) {
    const auto* row = reinterpret_cast<const uint32_t*>(data + y * stride);
    for (size_t x = 0; x < columns; ++x) {
      for (const int shift : {16, 8, 0}) *place++ = static_cast<char>(row[x] >> shift & 0xff);
    }
  }
  return pixels;
}

}  // namespace convnext
