#include "convnext/image/formats.h"

namespace convnext {
namespace {

using namespace std::string_view_literals;

struct Signature {
  size_t offset;
  std::string_view bytes;
  std::string_view name;
};

// Users hand these formats over by mistake; naming them saves the search. The first that matches is the name.
constexpr Signature kUnsupported[] = {
    {8, "CR\x02"sv, "a camera raw file (Canon CR2)"},
    {4, "ftypcrx"sv, "a camera raw file (Canon CR3)"},
    {0, "II\x1a\0\0\0HEAP"sv, "a camera raw file (Canon CRW)"},
    {0, "IIRO"sv, "a camera raw file (Olympus ORF)"},
    {0, "IIRS"sv, "a camera raw file (Olympus ORF)"},
    {0, "IIU\0"sv, "a camera raw file (Panasonic RW2)"},
    {0, "FUJIFILMCCD-RAW"sv, "a camera raw file (Fujifilm RAF)"},
    {0, "FOVb"sv, "a camera raw file (Sigma X3F)"},
    {0, "\0MRM"sv, "a camera raw file (Minolta MRW)"},
    {0, "II\xbc\x01"sv, "a JPEG XR picture"},
    {4, "ftypavif"sv, "an AVIF picture, which this convnext was built without (CONVNEXT_AVIF)"},
    {4, "ftypavis"sv, "an AVIF animation, which this convnext was built without (CONVNEXT_AVIF)"},
    {4, "ftyphe"sv, "a HEIC picture"},
    {4, "ftypmif1"sv, "a HEIF picture"},
    {4, "ftypmsf1"sv, "a HEIF animation"},
    {4, "ftyp"sv, "an MP4 or HEIF file"},
    {0, "\0\0\0\x0cJXL "sv, "a JPEG XL picture"},
    {0, "\xff\x0a"sv, "a JPEG XL picture"},
    {128, "DICM"sv, "a DICOM file"},
    {0, "P7\n"sv, "a PAM picture"},
    {0, "PF\n"sv, "a PFM picture of floating point"},
    {0, "Pf\n"sv, "a PFM picture of floating point"},
    {0, "RIFF"sv, "a RIFF file that is not a WebP"},
    {0, "8BPS"sv, "a Photoshop file"},
    {0, "gimp xcf"sv, "a GIMP file"},
    {0, "%PDF"sv, "a PDF"},
    {0, "%!PS"sv, "a PostScript file"},
    {0, "\xc5\xd0\xd3\xc6"sv, "a PostScript file"},
    {0, "v/1\x01"sv, "an OpenEXR picture"},
    {0, "#?RADIANCE"sv, "a Radiance HDR picture"},
    {0, "#?RGBE"sv, "a Radiance HDR picture"},
    {0, "DDS "sv, "a DDS texture"},
    {0, "\xabKTX"sv, "a KTX texture"},
    {0, "SIMPLE  ="sv, "a FITS picture"},
    {0, "\x01\xda"sv, "an SGI picture"},
    {0, "icns"sv, "an Apple icon (ICNS)"},
    {0, "\0\0\2\0"sv, "a Windows cursor (CUR)"},
    {0, "\xd7\xcd\xc6\x9a"sv, "a Windows metafile (WMF)"},
    {40, " EMF"sv, "a Windows metafile (EMF)"},
    {0, "/* XPM"sv, "an XPM picture"},
    {0, "\x8aMNG"sv, "an MNG animation"},
    {0, "\x8bJNG"sv, "a JNG picture"},
    {0, "BPG\xfb"sv, "a BPG picture"},
    {0, "FLIF"sv, "a FLIF picture"},
    {0, "AT&TFORM"sv, "a DjVu document"},
    {0, "version https://git-lfs"sv, "a git-lfs pointer (fetch the file itself with `git lfs pull`)"},
    {0, "<!DOCTYPE"sv, "an HTML page"},
    {0, "<!doctype"sv, "an HTML page"},
    {0, "<html"sv, "an HTML page"},
    {0, "<svg"sv, "an SVG drawing"},
    {0, "<?xml"sv, "an XML file"},
    {0, "\x93NUMPY"sv, "an .npy tensor (its name must end in .npy)"},
    {0, "\x89HDF"sv, "an HDF5 file"},
    {0, "PK\x03\x04"sv, "a ZIP archive"},
    {0, "\x1f\x8b"sv, "a gzip archive"},
};

}  // namespace

Status UnknownFormat(std::string_view file) {
  const std::string expected = fmt::format("expected a picture ({}); convert it first", PictureFormatNames());
  if (file.empty()) return Invalid("the file is empty; {}", expected);
  for (const Signature& signature : kUnsupported) {
    if (MatchesAt(file, signature.offset, signature.bytes)) return Invalid("found {}; {}", signature.name, expected);
  }
  return Invalid("not a picture (it begins with \"{}\"); {}", Printable(file.substr(0, 12)), expected);
}

}  // namespace convnext
