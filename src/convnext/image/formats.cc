#include "convnext/image/formats.h"

#include <algorithm>

#include "convnext/image/tga.h"

namespace convnext {
namespace {

using namespace std::string_view_literals;

bool IsWebp(std::string_view file) { return MatchesAt(file, 0, "RIFF"sv) && MatchesAt(file, 8, "WEBP"sv); }

bool IsGif(std::string_view file) { return MatchesAt(file, 0, "GIF87a"sv) || MatchesAt(file, 0, "GIF89a"sv); }

bool IsPnm(std::string_view file) { return file.size() > 2 && file[0] == 'P' && file[1] >= '1' && file[1] <= '6'; }

// Canon's camera raw files begin as TIFFs do.
bool IsTiff(std::string_view file) {
  const bool tiff = MatchesAt(file, 0, "II*\0"sv) || MatchesAt(file, 0, "MM\0*"sv);
  const bool big_tiff = MatchesAt(file, 0, "II+\0"sv) || MatchesAt(file, 0, "MM\0+"sv);
  return (tiff || big_tiff) && !MatchesAt(file, 8, "CR\x02"sv);
}

bool IsJpeg2000(std::string_view file) {
  return MatchesAt(file, 0, "\xff\x4f\xff\x51"sv) || MatchesAt(file, 0, "\0\0\0\x0cjP  \r\n\x87\n"sv);
}

#ifdef CONVNEXT_AVIF
// "avif" or "avis" among the brands of the first box.
bool IsAvif(std::string_view file) {
  if (!MatchesAt(file, 4, "ftyp"sv)) return false;
  const uint32_t size = BigEndian32(std::as_bytes(std::span(file)));
  const std::string_view brands = file.substr(8, std::max<uint32_t>(size, 8) - 8);
  for (size_t place = 0; place + 4 <= brands.size(); place += 4) {
    const std::string_view brand = brands.substr(place, 4);
    if (place != 4 && (brand == "avif" || brand == "avis")) return true;  // behind the first one stands a version
  }
  return false;
}
#endif

bool IsTga(std::string_view file) { return LooksLikeTga(std::as_bytes(std::span(file))); }

template <char... kBytes>
bool BeginsWith(std::string_view file) {
  constexpr char kSignature[] = {kBytes...};
  return MatchesAt(file, 0, std::string_view(kSignature, sizeof...(kBytes)));
}

// TGA comes last: it has no signature.
constexpr PictureFormat kFormats[] = {
    {"JPEG", ".jpg .jpeg .jpe .jfif", BeginsWith<'\xff', '\xd8', '\xff'>, DecodeJpeg},
    {"PNG", ".png .apng", BeginsWith<'\x89', 'P', 'N', 'G', '\r', '\n', '\x1a', '\n'>, DecodePng},
    {"WebP", ".webp", IsWebp, DecodeWebp},
    {"GIF", ".gif", IsGif, DecodeGif},
    {"TIFF", ".tif .tiff", IsTiff, DecodeTiff},
    {"JPEG2000", ".jp2 .j2k .j2c .jpc .jpf .jpx", IsJpeg2000, DecodeJpeg2000},
#ifdef CONVNEXT_AVIF
    {"AVIF", ".avif .avifs", IsAvif, DecodeAvif},
#endif
    {"BMP", ".bmp .dib", BeginsWith<'B', 'M'>, DecodeBmp},
    {"ICO", ".ico", BeginsWith<0, 0, 1, 0>, DecodeIco},
    {"PNM", ".pbm .pgm .ppm .pnm", IsPnm, DecodePnm},
    {"QOI", ".qoi", BeginsWith<'q', 'o', 'i', 'f'>, DecodeQoi},
    {"TGA", ".tga", IsTga, DecodeTga},
};

}  // namespace

bool MatchesAt(std::string_view file, size_t offset, std::string_view bytes) {
  return file.size() >= offset + bytes.size() && file.substr(offset, bytes.size()) == bytes;
}

std::span<const PictureFormat> PictureFormats() { return kFormats; }

std::string PictureFormatNames() {
  std::string names;
  for (const PictureFormat& format : kFormats) names += fmt::format("{}{}", names.empty() ? "" : ", ", format.name);
  return names;
}

bool HasPictureExtension(std::string_view path) {
  const size_t dot = path.rfind('.');
  if (dot == std::string_view::npos) return false;
  const std::string extension = fmt::format(" {} ", LowerCase(path.substr(dot)));
  return std::any_of(std::begin(kFormats), std::end(kFormats), [&extension](const PictureFormat& format) {
    return fmt::format(" {} ", format.extensions).find(extension) != std::string::npos;
  });
}

}  // namespace convnext
