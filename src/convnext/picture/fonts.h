// The fonts of pictures: DejaVu's files, read as they are (fontconfig might choose others), or what Cairo has built in.
#pragma once

#include <cairo.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

namespace convnext {

enum class Face { kSans, kBold, kMono };

struct FreeFace {
  void operator()(cairo_font_face_t* face) const { cairo_font_face_destroy(face); }
};
using FontFace = std::unique_ptr<cairo_font_face_t, FreeFace>;

struct Fonts {
  std::array<FontFace, 3> faces;  // by Face
  std::string description;        // "DejaVu Sans 1234567890abcdef, ...": each file's name and start of its SHA-256

  cairo_font_face_t* face(Face which) const { return faces[static_cast<size_t>(which)].get(); }
};

// Each font from the first of `directories` that has it.
Fonts LoadFonts(const std::vector<std::string>& directories);

// From where Linux distributions keep DejaVu; read once in the life of the process.
const Fonts& SystemFonts();

}  // namespace convnext
