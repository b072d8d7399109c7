// The surface that pictures are drawn on: boxes, lines and text on white. Lengths are in nominal pixels, of which each
// is kScale x kScale of the surface's; (0, 0) is the top left corner.
#pragma once

#include <cairo.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "convnext/base/base.h"
#include "convnext/picture/fonts.h"

namespace convnext {

constexpr int kScale = 2;
// A cell of monospaced text: whole pixels of the surface, so that every column is equally sharp.
constexpr double kCellWidth = 7, kCellHeight = 15;

struct Point {
  double x = 0, y = 0;
};

struct Box {
  double x = 0, y = 0, width = 0, height = 0;
};

struct Colour {
  double red = 0, green = 0, blue = 0;  // 0 to 1
};
constexpr Colour kInk{0.13, 0.15, 0.18}, kQuiet{0.40, 0.44, 0.49}, kFrame{0.86, 0.88, 0.90}, kGrid{0.92, 0.93, 0.945},
    kPanel{0.972, 0.976, 0.981}, kPaper{1, 1, 1}, kWarning{0.76, 0.21, 0.17};

enum class Align { kLeft, kCentre, kRight };

struct TextStyle {
  Face face = Face::kSans;
  double size = 11;
  Colour colour = kInk;
  Align align = Align::kLeft;  // where the given point lies in the text; vertically it is on the baseline
  double turn = 0;             // radians around that point, clockwise
  bool halo = false;           // with an edge of paper, so that it can be read on lines
};

class Canvas {
 public:
  // `fonts` must outlive the canvas.
  Canvas(double width, double height, const Fonts& fonts);

  void Fill(const Box& box, Colour colour, double radius = 0) const;
  void Outline(const Box& box, Colour colour, double radius) const;
  void Line(const std::vector<Point>& points, Colour colour, double width, bool dashed = false) const;
  void Dot(Point centre, double radius, Colour colour) const;

  void Text(std::string_view text, Point point, const TextStyle& style) const;
  double Width(std::string_view text, const TextStyle& style) const;
  // `text`, or as much of it as `width` holds with "..." behind it.
  std::string Truncate(std::string_view text, double width, const TextStyle& style) const;

  // Clean monospaced text in cells, the first one's top left corner at `corner`. A character that the font lacks
  // becomes a frame as wide as its sign would be.
  void Cells(std::string_view text, Point corner, Colour colour) const;

  int width() const { return cairo_image_surface_get_width(surface_.get()); }
  int height() const { return cairo_image_surface_get_height(surface_.get()); }
  // R, G, B; rows from the top, 3 * width() bytes each. kInternal if anything could not be drawn.
  Result<std::string> Pixels() const;

 private:
  struct Free {
    void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
    void operator()(cairo_t* context) const { cairo_destroy(context); }
  };

  void Path(const Box& box, double radius) const;
  void SetColour(Colour colour) const;
  void DrawHalo(const std::string& clean, double start) const;
  void SelectFont(Face face, double size, double stretch) const;

  const Fonts* fonts_;
  std::unique_ptr<cairo_surface_t, Free> surface_;
  std::unique_ptr<cairo_t, Free> context_;
};

}  // namespace convnext
