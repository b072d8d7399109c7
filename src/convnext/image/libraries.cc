#include <cstdio>
// jpeglib.h needs FILE to be declared.
#ifdef CONVNEXT_AVIF
#include <avif/avif.h>
#endif
#include <hwy/highway.h>
#include <jpeglib.h>
#include <openjpeg.h>
#include <png.h>
#include <tiffio.h>
#include <webp/decode.h>

#include "convnext/image/image.h"

namespace convnext {

namespace {

// "LIBTIFF, Version 4.5.0", and lines about its authors.
std::string TiffVersion() {
  const std::string_view text = TIFFGetVersion();
  const size_t begin = text.find_first_of("0123456789");
  return std::string(text.substr(begin, text.find('\n') - begin));
}

}  // namespace

// libjpeg-turbo and Highway cannot be asked at run time: theirs are the versions of their headers.
LibraryVersions ImageLibraryVersions() {
  const int jpeg = LIBJPEG_TURBO_VERSION_NUMBER, webp = WebPGetDecoderVersion();
  LibraryVersions versions = {
      {"Highway", fmt::format("{}.{}.{}", HWY_MAJOR, HWY_MINOR, HWY_PATCH)},
      {"libjpeg-turbo", fmt::format("{}.{}.{}", jpeg / 1'000'000, jpeg / 1000 % 1000, jpeg % 1000)},
      {"libpng", png_get_libpng_ver(nullptr)},
      {"OpenJPEG", opj_version()},
      {"libtiff", TiffVersion()},
      {"libwebp", fmt::format("{}.{}.{}", webp >> 16, webp >> 8 & 0xff, webp & 0xff)}};
#ifdef CONVNEXT_AVIF
  versions["libavif"] = avifVersion();
#endif
  return versions;
}

}  // namespace convnext
