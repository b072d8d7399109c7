#include "convnext/picture/fonts.h"

#include <cairo-ft.h>

#include "convnext/base/base.h"

namespace convnext {
namespace {

constexpr size_t kMaxFontBytes = size_t{16} << 20;
constexpr size_t kHashDigits = 16;

struct FontName {
  const char *name, *file, *fallback;
};
constexpr FontName kNames[] = {{"DejaVu Sans", "DejaVuSans.ttf", "@cairo:"},
                               {"DejaVu Sans Bold", "DejaVuSans-Bold.ttf", "@cairo:bold"},
                               {"DejaVu Sans Mono", "DejaVuSansMono.ttf", "@cairo:monospace"}};

// A font in memory and what FreeType makes of it. Cairo keeps it for as long as it may draw with it.
struct FontFile {
  std::vector<std::byte> bytes;
  FT_Library library = nullptr;
  FT_Face face = nullptr;

  FontFile() = default;
  FontFile(const FontFile&) = delete;
  FontFile& operator=(const FontFile&) = delete;
  ~FontFile() {
    if (face != nullptr) FT_Done_Face(face);
    if (library != nullptr) FT_Done_FreeType(library);
  }
};

std::unique_ptr<FontFile> OpenFont(const std::string& path) {
  auto bytes = ReadFile(path, kMaxFontBytes);
  if (!bytes.ok()) return nullptr;
  auto font = std::make_unique<FontFile>();
  font->bytes = std::move(bytes).value();
  if (FT_Init_FreeType(&font->library) != 0) return nullptr;
  const auto* data = reinterpret_cast<const FT_Byte*>(font->bytes.data());
  if (FT_New_Memory_Face(font->library, data, static_cast<FT_Long>(font->bytes.size()), 0, &font->face) != 0)
    return nullptr;
  return font;
}

// Gives `font` to a face of Cairo's, which frees it with itself.
FontFace MakeFace(std::unique_ptr<FontFile> font) {
  static const cairo_user_data_key_t key{};
  FontFace face(cairo_ft_font_face_create_for_ft_face(font->face, FT_LOAD_NO_HINTING));
  const auto free = [](void* data) { delete static_cast<FontFile*>(data); };
  if (cairo_font_face_set_user_data(face.get(), &key, font.get(), free) != CAIRO_STATUS_SUCCESS) return nullptr;
  static_cast<void>(font.release());
  return face;
}

FontFace LoadFace(const FontName& name, const std::vector<std::string>& directories, std::string& description) {
  for (const std::string& directory : directories) {
    auto font = OpenFont(directory + "/" + name.file);
    if (font == nullptr) continue;
    const std::string hash = Sha256(font->bytes).substr(0, kHashDigits);
    if (FontFace face = MakeFace(std::move(font)); face != nullptr) {
      description += fmt::format("{} {}", name.name, hash);
      return face;
    }
  }
  description += fmt::format("built-in font for {}", name.name);
  return FontFace(cairo_toy_font_face_create(name.fallback, CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL));
}

}  // namespace

Fonts LoadFonts(const std::vector<std::string>& directories) {
  Fonts fonts;
  for (size_t i = 0; i < fonts.faces.size(); ++i) {
    if (i > 0) fonts.description += ", ";
    fonts.faces[i] = LoadFace(kNames[i], directories, fonts.description);
  }
  return fonts;
}

const Fonts& SystemFonts() {
  // Debian and Ubuntu; openEuler and CentOS; Fedora; Arch.
  static const Fonts fonts =
      LoadFonts({"/usr/share/fonts/truetype/dejavu", "/usr/share/fonts/dejavu", "/usr/share/fonts/dejavu-sans-fonts",
                 "/usr/share/fonts/dejavu-sans-mono-fonts", "/usr/share/fonts/TTF"});
  return fonts;
}

}  // namespace convnext
