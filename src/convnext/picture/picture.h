// Pictures of text evidence: a PNG that shows a text and its charts, and carries the same as text in its chunks.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "convnext/base/base.h"

namespace convnext {

enum class Mark { kBars, kLine };

// Values over labelled places on the x axis, which lie side by side at equal distances.
struct Chart {
  std::string title, x_label, y_label;
  std::vector<std::string> labels;  // one per value
  std::vector<double> values;       // what is not finite, or not above zero on a log scale, is written but not drawn
  Mark mark = Mark::kBars;
  bool log_scale = false;
  std::optional<double> limit;  // drawn as a horizontal line
  std::string limit_label;
  bool operator==(const Chart&) const = default;
};

struct Picture {
  std::string title;
  std::string text;           // lines, drawn with equal widths; a tab goes on to the next multiple of 8 columns
  std::vector<Chart> charts;  // below the text, side by side in rows of up to 3; at most 12
  bool operator==(const Picture&) const = default;
};

// The bytes of a PNG: 8-bit RGB, white, at twice the nominal size. The text is drawn in 120 columns and at most 160
// rows; PictureText(picture) is in its iTXt chunk "Description", PictureRenderer() in its tEXt chunk "Software". The
// same picture gives the same bytes on the same machine. kInvalid if the text has more than 4 MiB or there are too many
// charts.
Result<std::string> RenderPicture(const Picture& picture);

// The title, a newline, the text, and the charts as lines, with every value in full. Control characters and what is not
// UTF-8 stand as "\xNN".
std::string PictureText(const Picture& picture);

// All that decides how a picture looks: the machine's architecture, the versions of the drawing libraries, and the
// fonts with the first digits of their SHA-256 ("built-in font" where one is missing). Equal renderers give equal
// pixels.
std::string PictureRenderer();

// Draws with the fonts that a renderer names, whatever its libraries: the system's or Cairo's own. kUnavailable if they
// are not here.
Result<std::string> RenderPictureLike(const Picture& picture, std::string_view renderer);

struct PictureFacts {
  int width = 0, height = 0;
  std::string text, software;
};

// Reads a PNG from an untrusted source. kInvalid unless it is of the kind that RenderPicture makes: every length and
// checksum right, pixels that decode to just the right size, both texts (which may be compressed), and no chunk that
// could change what a viewer shows. At most 16 MiB, 4 MiB of text, 2^24 pixels.
Result<PictureFacts> ReadPicture(std::string_view png);

// Whether two such PNGs have equal pixels, however they are compressed.
Result<bool> SamePixels(std::string_view a, std::string_view b);

// Whether two such PNGs show the same to the eye, drawn by other versions of the same libraries: edges are smoothed
// otherwise, or lie half a pixel apart.
Result<bool> LookAlike(std::string_view a, std::string_view b);

}  // namespace convnext
