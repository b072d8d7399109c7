// Pictures of evidence as other machines or a forger would make them.
#pragma once

#include "bundle_fixture.h"
#include "convnext/picture/png_file.h"

namespace convnext {

// A PNG like `png` as another version of Cairo would draw it: each pixel has a part of its right neighbour in it.
inline std::string Redrawn(const std::string& png, const std::string& software, int eighths) {
  PngFile file = ValueOrThrow(DecodePng(png));
  for (size_t i = 0; i + 3 < file.pixels.size(); ++i) {
    const int here = static_cast<uint8_t>(file.pixels[i]), right = static_cast<uint8_t>(file.pixels[i + 3]);
    file.pixels[i] = static_cast<char>(((8 - eighths) * here + eighths * right) / 8);
  }
  file.software = software;
  return ValueOrThrow(EncodePng(file));
}

inline std::string OtherCairo() {
  std::string renderer = PictureRenderer();
  Replace(renderer, "cairo 1.", "cairo 0.");
  return renderer;
}

inline Evidence EvidenceOf(const Files& bundle) {
  std::vector<std::string> unknown;
  return ValueOrThrow(ReadEvidence(ValueOrThrow(RunLog::Parse(bundle.at(kRunLogPath))), bundle, unknown));
}

// Puts the pixels of one picture under the text of another.
inline std::string WithPixelsOf(const std::string& png, const std::string& other, const std::string& software) {
  PngFile file = ValueOrThrow(DecodePng(png));
  const PngFile pixels = ValueOrThrow(DecodePng(other));
  file.pixels = pixels.pixels;
  file.width = pixels.width;
  file.height = pixels.height;
  file.software = software;
  return ValueOrThrow(EncodePng(file));
}

}  // namespace convnext
