#include "convnext/image/tiff_layout.h"

#include <algorithm>

#include "convnext/image/orientation.h"

namespace convnext {
namespace {

constexpr size_t kMostSamples = 6;  // as Pillow
constexpr ttag_t kWindowsMediaPhoto = 0xbc01;
constexpr uint16_t kLinearRaw = 34892;  // a photometric interpretation

struct Tags {
  TIFF* tiff;

  uint16_t Short(ttag_t tag) const {
    uint16_t value = 0;
    return TIFFGetFieldDefaulted(tiff, tag, &value) == 1 ? value : uint16_t{0};
  }
  uint32_t Long(ttag_t tag) const {
    uint32_t value = 0;
    return TIFFGetField(tiff, tag, &value) == 1 ? value : 0;
  }
  // libtiff writes up to two values of up to 8 bytes: the data, or their number and the data.
  bool Has(ttag_t tag) const {
    void *first = nullptr, *second = nullptr;
    return TIFFGetField(tiff, tag, &first, &second) == 1;
  }
};

// Cameras call their files TIFFs, too; the first picture in them is a preview, or needs developing.
Status RefuseCameraRaw(const Tags& tags) {
  const uint16_t photometric = tags.Short(TIFFTAG_PHOTOMETRIC);
  const bool sensor = photometric == PHOTOMETRIC_CFA || photometric == kLinearRaw;
  const bool preview = (tags.Long(TIFFTAG_SUBFILETYPE) & FILETYPE_REDUCEDIMAGE) != 0;
  if (!sensor && !tags.Has(TIFFTAG_DNGVERSION) && !(preview && tags.Has(TIFFTAG_SUBIFD) && tags.Has(TIFFTAG_MAKE)))
    return {};
  return Invalid("found a camera raw file (as DNG, NEF or ARW); expected a picture; develop it first");
}

Result<TiffColours> Colours(uint16_t photometric) {
  switch (photometric) {
    case PHOTOMETRIC_MINISWHITE:
      return TiffColours::kWhiteIsZero;
    case PHOTOMETRIC_MINISBLACK:
      return TiffColours::kGrey;
    case PHOTOMETRIC_RGB:
      return TiffColours::kRgb;
    case PHOTOMETRIC_PALETTE:
      return TiffColours::kPalette;
    case PHOTOMETRIC_SEPARATED:
      return TiffColours::kCmyk;
    case PHOTOMETRIC_YCBCR:
      return TiffColours::kYcbcr;
    default:
      break;
  }
  return Invalid(
      "the TIFF has photometric interpretation {}; expected 0 to 3 (grey, RGB, palette), 5 (CMYK) or 6 (YCbCr)",
      photometric);
}

size_t ColourSamples(TiffColours colours) {
  if (colours == TiffColours::kRgb || colours == TiffColours::kYcbcr) return 3;
  return colours == TiffColours::kCmyk ? 4 : 1;
}

// The combinations that Pillow reads (PIL/TiffImagePlugin.py, OPEN_INFO), whichever their order of bytes and bits.
bool IsSupported(const TiffLayout& layout, const std::vector<uint16_t>& extras) {
  const size_t colours = ColourSamples(layout.colours);
  const bool grey = layout.colours == TiffColours::kGrey || layout.colours == TiffColours::kWhiteIsZero;
  const bool alone = layout.samples == 1;
  if (grey && alone && layout.bits >= 12) {
    if (layout.format == SAMPLEFORMAT_IEEEFP) return layout.bits == 32;
    return layout.bits == 16 || layout.bits == 32 || (layout.bits == 12 && layout.format == SAMPLEFORMAT_UINT);
  }
  if (layout.format != SAMPLEFORMAT_UINT && !(grey && alone && layout.bits == 8)) return false;
  if (layout.samples < colours || layout.samples > kMostSamples) return layout.colours == TiffColours::kYcbcr && alone;
  if ((grey || layout.colours == TiffColours::kPalette) && alone) return layout.bits <= 8 && 8 % layout.bits == 0;
  if (layout.bits == 16) return layout.colours == TiffColours::kRgb || layout.colours == TiffColours::kCmyk;
  const bool premultiplied = !extras.empty() && extras[0] == EXTRASAMPLE_ASSOCALPHA;
  return layout.bits == 8 && !(premultiplied && layout.colours != TiffColours::kRgb);
}

std::vector<uint16_t> ExtraSamples(TIFF* tiff) {
  uint16_t count = 0;
  uint16_t* kinds = nullptr;
  if (TIFFGetFieldDefaulted(tiff, TIFFTAG_EXTRASAMPLES, &count, &kinds) != 1 || kinds == nullptr) return {};
  return {kinds, kinds + count};
}

Status ReadPalette(TIFF* tiff, TiffLayout& layout) {
  uint16_t *red = nullptr, *green = nullptr, *blue = nullptr;
  if (TIFFGetField(tiff, TIFFTAG_COLORMAP, &red, &green, &blue) != 1) return Invalid("the TIFF has no palette");
  for (size_t i = 0; i < size_t{1} << layout.bits; ++i) {
    layout.palette[i] = {static_cast<uint8_t>(red[i] >> 8), static_cast<uint8_t>(green[i] >> 8),
                         static_cast<uint8_t>(blue[i] >> 8)};
  }
  return {};
}

// Sizes of strips and tiles; a strip may be said to be higher than the picture.
void ReadBlocks(const Tags& tags, TiffLayout& layout) {
  layout.tiled = TIFFIsTiled(tags.tiff) != 0;
  layout.block_width = layout.tiled ? tags.Long(TIFFTAG_TILEWIDTH) : layout.width;
  uint32_t rows = layout.height;
  if (layout.tiled) {
    rows = tags.Long(TIFFTAG_TILELENGTH);
  } else if (const uint32_t stated = tags.Long(TIFFTAG_ROWSPERSTRIP); stated > 0) {
    rows = std::min(rows, stated);
  }
  layout.block_height = rows;
}

// Who makes RGB of YCbCr: libjpeg of new JPEGs, where their samples lie side by side, else libtiff; Pillow where
// nothing is compressed.
void ReadYcbcr(const Tags& tags, uint16_t compression, TiffLayout& layout) {
  if (layout.colours != TiffColours::kYcbcr || compression == COMPRESSION_NONE) return;
  if (compression != COMPRESSION_JPEG || layout.planar) {
    layout.by_libtiff = true;
    return;
  }
  TIFFSetField(tags.tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
  layout.colours = TiffColours::kRgb;
}

Status ReadStorage(const Tags& tags, TiffLayout& layout) {
  layout.bits = tags.Short(TIFFTAG_BITSPERSAMPLE);
  layout.format = tags.Short(TIFFTAG_SAMPLEFORMAT);
  if (layout.format == SAMPLEFORMAT_VOID) layout.format = SAMPLEFORMAT_UINT;
  layout.samples = tags.Short(TIFFTAG_SAMPLESPERPIXEL);
  layout.planar = layout.samples > 1 && tags.Short(TIFFTAG_PLANARCONFIG) == PLANARCONFIG_SEPARATE;
  const uint16_t compression = tags.Short(TIFFTAG_COMPRESSION);
  const auto extras = ExtraSamples(tags.tiff);
  if (!IsSupported(layout, extras))
    return Invalid(
        "the TIFF has {} samples of {} bits (sample format {}) for a pixel of photometric interpretation {}; Pillow "
        "reads no such file either",
        layout.samples, layout.bits, layout.format, tags.Short(TIFFTAG_PHOTOMETRIC));
#ifdef CONVNEXT_PORTABLE  // cmake/portable/jbig.cc
  if (compression == COMPRESSION_JBIG)
    return Invalid("the TIFF is compressed by JBIG, which the portable program leaves out; convert it first");
#endif
  if (TIFFIsCODECConfigured(compression) == 0)
    return Invalid("the TIFF has compression {}, which libtiff cannot read", compression);
  layout.premultiplied = layout.colours == TiffColours::kRgb && !extras.empty() && extras[0] == EXTRASAMPLE_ASSOCALPHA;
  if (layout.colours == TiffColours::kYcbcr && layout.samples == 1) layout.colours = TiffColours::kGrey;
  ReadYcbcr(tags, compression, layout);
  return layout.colours == TiffColours::kPalette ? ReadPalette(tags.tiff, layout) : Status();
}

// As Pillow: where the tag is missing XMP may say it.
int Orientation(TIFF* tiff) {
  uint16_t orientation = 0;
  if (TIFFGetField(tiff, TIFFTAG_ORIENTATION, &orientation) == 1) return orientation;
  uint32_t size = 0;
  const char* xmp = nullptr;
  if (TIFFGetField(tiff, TIFFTAG_XMLPACKET, &size, &xmp) != 1 || xmp == nullptr) return 1;
  return OrientationOfXmp({xmp, size}).value_or(1);
}

}  // namespace

Result<TiffLayout> ReadTiffLayout(const TiffFile& file) {
  const Tags tags{file.get()};
  CONVNEXT_RETURN_IF_ERROR(RefuseCameraRaw(tags));
  if (tags.Has(kWindowsMediaPhoto))
    return Invalid("found a JPEG XR picture; expected another format; convert it first");
  TiffLayout layout;
  layout.width = tags.Long(TIFFTAG_IMAGEWIDTH);
  layout.height = tags.Long(TIFFTAG_IMAGELENGTH);
  CONVNEXT_ASSIGN_OR_RETURN(layout.colours, Colours(tags.Short(TIFFTAG_PHOTOMETRIC)));
  CONVNEXT_RETURN_IF_ERROR(ReadStorage(tags, layout));
  ReadBlocks(tags, layout);
  layout.orientation = Orientation(tags.tiff);
  layout.several = TIFFLastDirectory(file.get()) == 0;
  return layout;
}

}  // namespace convnext
