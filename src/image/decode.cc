#include <new>
#include <stdexcept>
#include <string_view>

#include "image/decoders.h"

namespace convnext {
namespace {

using namespace std::string_view_literals;

struct Signature {
  size_t offset;
  std::string_view bytes;
  std::string_view name;
};

// Users hand these formats over by mistake; naming them saves the search.
constexpr Signature kUnsupported[] = {
    {0, "GIF8"sv, "a GIF"},
    {0, "II*\0"sv, "a TIFF"},
    {0, "MM\0*"sv, "a TIFF"},
    {0, "BM"sv, "a BMP"},
    {4, "ftypavif"sv, "an AVIF picture"},
    {4, "ftypheic"sv, "a HEIC picture"},
    {4, "ftypmif1"sv, "a HEIF picture"},
    {4, "ftyp"sv, "an MP4 or HEIF file"},
    {0, "\0\0\0\x0cjP  "sv, "a JPEG 2000 picture"},
    {0, "\xff\x0a"sv, "a JPEG XL picture"},
    {0, "RIFF"sv, "a RIFF file that is not a WebP"},
    {0, "8BPS"sv, "a Photoshop file"},
    {0, "%PDF"sv, "a PDF"},
    {0, "version https://git-lfs"sv, "a git-lfs pointer (fetch the file itself with `git lfs pull`)"},
    {0, "<!DOCTYPE"sv, "an HTML page"},
    {0, "<!doctype"sv, "an HTML page"},
    {0, "<html"sv, "an HTML page"},
    {0, "<svg"sv, "an SVG drawing"},
    {0, "<?xml"sv, "an XML file"},
    {0, "\x93NUMPY"sv, "an .npy tensor (its name must end in .npy)"},
    {0, "PK\x03\x04"sv, "a ZIP archive"},
};

bool MatchesAt(std::string_view file, size_t offset, std::string_view bytes) {
  return file.size() >= offset + bytes.size() && file.substr(offset, bytes.size()) == bytes;
}

Status UnknownFormat(std::string_view file) {
  constexpr std::string_view kExpected = "expected a JPEG, PNG or WebP picture; convert it first";
  if (file.empty()) return Invalid("the file is empty; {}", kExpected);
  for (const Signature& signature : kUnsupported) {
    if (MatchesAt(file, signature.offset, signature.bytes)) return Invalid("found {}; {}", signature.name, kExpected);
  }
  return Invalid("not a picture (it begins with \"{}\"); {}", Printable(file.substr(0, 12)), kExpected);
}

}  // namespace

// Both sides have at most 31 bits: their product fits.
Status CheckSize(int64_t width, int64_t height, int64_t max_pixels) {
  if (width <= 0 || height <= 0) return Invalid("the picture is {}x{} pixels; expected at least 1x1", width, height);
  if (width <= max_pixels / height) return {};
  return Invalid("the picture has {}x{} = {} pixels, more than the limit of {}; raise --max_pixels if you trust it",
                 width, height, width * height, max_pixels);
}

namespace {

Result<DecodedImage> Decode(std::span<const std::byte> file, int64_t max_pixels) {
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  if (MatchesAt(text, 0, "\xff\xd8\xff"sv)) return DecodeJpeg(file, max_pixels);
  if (text.starts_with(kPngSignature)) return DecodePng(file, max_pixels);
  if (MatchesAt(text, 0, "RIFF"sv) && MatchesAt(text, 8, "WEBP"sv)) return DecodeWebp(file, max_pixels);
  return UnknownFormat(text);
}

}  // namespace

Result<DecodedImage> DecodeImage(std::span<const std::byte> file, int64_t max_pixels) {
  CONVNEXT_RETURN_IF_ERROR(CheckBounds("max_pixels", max_pixels, kMaxPixelsBounds));
  try {
    return Decode(file, max_pixels);
  } catch (const std::bad_alloc&) {
    return IoError("not enough memory for the picture; lower --max_pixels to refuse such pictures");
  } catch (const std::length_error&) {
    return Invalid("the picture is larger than any memory; lower --max_pixels to refuse such pictures");
  }
}

}  // namespace convnext
