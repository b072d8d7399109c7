#ifdef CONVNEXT_AVIF
#include <avif/avif.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include "convnext/image/orientation.h"
#include "convnext/image/raster.h"

namespace convnext {
namespace {

using Decoder = std::unique_ptr<avifDecoder, decltype(&avifDecoderDestroy)>;

// Of the decoders of AV1, which give the same pixels, dav1d prints to standard error where a file is damaged.
avifCodecChoice SilentCodec() {
  const bool has_aom = avifCodecName(AVIF_CODEC_CHOICE_AOM, AVIF_CODEC_FLAG_CAN_DECODE) != nullptr;
  return has_aom ? AVIF_CODEC_CHOICE_AOM : AVIF_CODEC_CHOICE_AUTO;
}

// As PIL/_avif.c, which takes files without some properties that the standard demands. One thread: pictures that are
// decoded side by side are many.
Decoder MakeDecoder(std::span<const std::byte> file, int64_t max_pixels) {
  Decoder decoder(avifDecoderCreate(), &avifDecoderDestroy);
  if (!decoder) return decoder;
  decoder->codecChoice = SilentCodec();
  decoder->strictFlags &= ~static_cast<avifStrictFlags>(AVIF_STRICT_CLAP_VALID | AVIF_STRICT_PIXI_REQUIRED);
  decoder->imageSizeLimit = static_cast<uint32_t>(std::min<int64_t>(max_pixels, AVIF_DEFAULT_IMAGE_SIZE_LIMIT));
  const auto* bytes = reinterpret_cast<const uint8_t*>(file.data());
  if (avifDecoderSetIOMemory(decoder.get(), bytes, file.size()) != AVIF_RESULT_OK) decoder.reset();
  return decoder;
}

Status Damaged(avifResult result) {
  return Invalid("the AVIF is truncated or damaged: {}", avifResultToString(result));
}

// libavif does not say that it is the size it refuses: the header is read once more without its limit.
Status ExplainHeader(std::span<const std::byte> file, int64_t max_pixels, avifResult result) {
  const Decoder decoder = MakeDecoder(file, AVIF_DEFAULT_IMAGE_SIZE_LIMIT);
  if (decoder && avifDecoderParse(decoder.get()) == AVIF_RESULT_OK) {
    CONVNEXT_RETURN_IF_ERROR(CheckSize(decoder->image->width, decoder->image->height, max_pixels));
  }
  return Damaged(result);
}

// The orientation of EXIF that rotating and mirroring amount to.
int Orientation(const avifImage& image) {
  const bool mirrored = (image.transformFlags & AVIF_TRANSFORM_IMIR) != 0;
  const bool sides = image.imir.mode != 0;  // left and right are exchanged, not top and bottom
  switch ((image.transformFlags & AVIF_TRANSFORM_IROT) != 0 ? image.irot.angle : 0) {
    case 1:
      return !mirrored ? 8 : sides ? 7 : 5;
    case 2:
      return !mirrored ? 3 : sides ? 4 : 2;
    case 3:
      return !mirrored ? 6 : sides ? 5 : 7;
    default:
      return !mirrored ? 1 : sides ? 2 : 4;
  }
}

// Pillow: the picture's own properties overrule its EXIF data, XMP counts where neither says anything.
int OrientationOf(const avifImage& image) {
  if (const int orientation = Orientation(image); orientation != 1) return orientation;
  if (OrientationOfExif(std::as_bytes(std::span(image.exif.data, image.exif.size)))) return 1;
  return OrientationOfXmp({reinterpret_cast<const char*>(image.xmp.data), image.xmp.size}).value_or(1);
}

using OwnedImage = std::unique_ptr<avifImage, decltype(&avifImageDestroy)>;

struct Plane {
  uint8_t* samples;
  size_t row_bytes, width, height;
};

// Brightness, two of colour, and alpha; without samples where the picture has none.
std::array<Plane, 4> Planes(const avifImage& image) {
  avifPixelFormatInfo info;
  avifGetPixelFormatInfo(image.yuvFormat, &info);
  const size_t width = image.width, height = image.height;
  const size_t colour_width = (width + (size_t{1} << info.chromaShiftX) - 1) >> info.chromaShiftX;
  const size_t colour_height = (height + (size_t{1} << info.chromaShiftY) - 1) >> info.chromaShiftY;
  return {Plane{image.yuvPlanes[AVIF_CHAN_Y], image.yuvRowBytes[AVIF_CHAN_Y], width, height},
          Plane{image.yuvPlanes[AVIF_CHAN_U], image.yuvRowBytes[AVIF_CHAN_U], colour_width, colour_height},
          Plane{image.yuvPlanes[AVIF_CHAN_V], image.yuvRowBytes[AVIF_CHAN_V], colour_width, colour_height},
          Plane{image.alphaPlane, image.alphaRowBytes, width, height}};
}

void DropLowBits(const Plane& from, uint32_t depth, const Plane& to) {
  if (from.samples == nullptr || to.samples == nullptr) return;
  for (size_t y = 0; y < from.height; ++y) {
    for (size_t x = 0; x < from.width; ++x) {
      uint16_t sample;
      std::memcpy(&sample, from.samples + y * from.row_bytes + 2 * x, 2);
      to.samples[y * to.row_bytes + x] = static_cast<uint8_t>(sample >> (depth - 8));
    }
  }
}

// Pillow's newer libavif drops the low bits of 10 and 12 before it makes RGB, unless libyuv can make RGB of them;
// Debian's does not.
bool NeedsFewerBits(const avifImage& image, bool alpha) {
  if (image.depth <= 8) return false;
  if (image.yuvFormat == AVIF_PIXEL_FORMAT_YUV400) return alpha;
  return !alpha || (image.depth == 12 && image.yuvFormat != AVIF_PIXEL_FORMAT_YUV420);
}

OwnedImage WithEightBits(const avifImage& source) {
  OwnedImage image(avifImageCreateEmpty(), &avifImageDestroy);
  if (!image || avifImageCopy(image.get(), &source, 0) != AVIF_RESULT_OK) return {nullptr, &avifImageDestroy};
  image->depth = 8;
  const auto wanted =
      static_cast<avifPlanesFlags>(AVIF_PLANES_YUV | (source.alphaPlane != nullptr ? AVIF_PLANES_A : 0));
  if (avifImageAllocatePlanes(image.get(), wanted) != AVIF_RESULT_OK) return {nullptr, &avifImageDestroy};
  const auto from = Planes(source), to = Planes(*image);
  for (size_t i = 0; i < from.size(); ++i) DropLowBits(from[i], source.depth, to[i]);
  return image;
}

// Alpha is dropped only after libavif has divided by it.
Status ReadPixels(const avifImage& source, bool alpha, Pixels& pixels) {
  const size_t channels = alpha ? 4 : 3;
  std::vector<uint8_t> data(pixels.data.size() / 3 * channels);
  avifRGBImage rgb;
  avifRGBImageSetDefaults(&rgb, &source);
  rgb.depth = 8;
  rgb.format = alpha ? AVIF_RGB_FORMAT_RGBA : AVIF_RGB_FORMAT_RGB;
  rgb.pixels = data.data();
  rgb.rowBytes = static_cast<uint32_t>(channels) * source.width;
  if (const avifResult result = avifImageYUVToRGB(&source, &rgb); result != AVIF_RESULT_OK) return Damaged(result);
  for (size_t i = 0; i < pixels.data.size() / 3; ++i) std::memcpy(&pixels.data[3 * i], &data[channels * i], 3);
  return {};
}

}  // namespace

Result<DecodedImage> DecodeAvif(std::span<const std::byte> file, int64_t max_pixels) {
  const Decoder decoder = MakeDecoder(file, max_pixels);
  if (!decoder) return Internal("libavif cannot start");
  if (const avifResult result = avifDecoderParse(decoder.get()); result != AVIF_RESULT_OK)
    return ExplainHeader(file, max_pixels, result);
  CONVNEXT_RETURN_IF_ERROR(CheckSize(decoder->image->width, decoder->image->height, max_pixels));
  if (const avifResult result = avifDecoderNthImage(decoder.get(), 0); result != AVIF_RESULT_OK) return Damaged(result);
  const avifImage& source = *decoder->image;
  CONVNEXT_RETURN_IF_ERROR(CheckSize(source.width, source.height, max_pixels));
  const bool fewer = NeedsFewerBits(source, decoder->alphaPresent);
  const OwnedImage eight_bits = fewer ? WithEightBits(source) : OwnedImage(nullptr, &avifImageDestroy);
  if (fewer && !eight_bits) return IoError("not enough memory for the AVIF");
  DecodedImage image = BlackImage(source.width, source.height, "AVIF");
  CONVNEXT_RETURN_IF_ERROR(ReadPixels(eight_bits ? *eight_bits : source, decoder->alphaPresent, image.pixels));
  image.orientation = OrientationOf(source);
  if (decoder->imageCount > 1)
    image.warnings.push_back(fmt::format("an animation of {} frames; the first one is used", decoder->imageCount));
  return image;
}

}  // namespace convnext
#endif
