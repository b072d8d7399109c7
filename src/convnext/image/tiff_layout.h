// How the pixels of a TIFF are stored.
#pragma once

#include "convnext/image/raster.h"
#include "convnext/image/tiff_file.h"

namespace convnext {

enum class TiffColours { kGrey, kWhiteIsZero, kRgb, kPalette, kCmyk, kYcbcr };

struct TiffLayout {
  uint32_t width = 0, height = 0;
  int bits = 0;         // of a sample
  int format = 0;       // SAMPLEFORMAT_UINT, _INT or _IEEEFP
  size_t samples = 0;   // of a pixel
  bool planar = false;  // each sample in a plane of its own
  bool tiled = false;
  uint32_t block_width = 0, block_height = 0;  // of a strip or tile
  TiffColours colours = TiffColours::kGrey;
  bool premultiplied = false;  // by the alpha that is the fourth sample
  bool by_libtiff = false;     // libtiff makes the colours, as it does for Pillow
  Palette palette = {};
  int orientation = 1;
  bool several = false;  // more pictures follow
};

// kInvalid for what neither Pillow nor this program reads.
Result<TiffLayout> ReadTiffLayout(const TiffFile& file);

}  // namespace convnext
