#include <webp/decode.h>
#include <webp/demux.h>

#include <cstring>
#include <memory>

#include "convnext/image/decoders.h"
#include "convnext/image/orientation.h"

namespace convnext {
namespace {

using AnimationDecoder = std::unique_ptr<WebPAnimDecoder, decltype(&WebPAnimDecoderDelete)>;

// Through the animation decoder, as Pillow, for stills too. Alpha is not applied: it is dropped.
AnimationDecoder MakeDecoder(std::span<const std::byte> file) {
  WebPAnimDecoderOptions options;
  if (!WebPAnimDecoderOptionsInit(&options)) return {nullptr, &WebPAnimDecoderDelete};
  options.color_mode = MODE_RGBA;
  const WebPData data{reinterpret_cast<const uint8_t*>(file.data()), file.size()};
  return {WebPAnimDecoderNew(&data, &options), &WebPAnimDecoderDelete};
}

Pixels DropAlpha(const uint8_t* rgba, int width, int height) {
  Pixels pixels{width, height, {}};
  const size_t count = static_cast<size_t>(width) * static_cast<size_t>(height);
  pixels.data.resize(count * 3);
  for (size_t i = 0; i < count; ++i) std::memcpy(&pixels.data[3 * i], rgba + 4 * i, 3);
  return pixels;
}

// The bytes of a chunk of metadata, of the file; empty if there is none.
std::span<const std::byte> Metadata(const WebPDemuxer* demuxer, const char* name) {
  WebPChunkIterator chunk;
  if (WebPDemuxGetChunk(demuxer, name, 1, &chunk) == 0) return {};
  const std::span bytes(chunk.chunk.bytes, chunk.chunk.size);
  WebPDemuxReleaseChunkIterator(&chunk);
  return std::as_bytes(bytes);
}

int ReadOrientation(const WebPAnimDecoder* decoder) {
  const WebPDemuxer* demuxer = WebPAnimDecoderGetDemuxer(decoder);
  const auto xmp = Metadata(demuxer, "XMP ");
  return FindOrientation(Metadata(demuxer, "EXIF"), {reinterpret_cast<const char*>(xmp.data()), xmp.size()});
}

}  // namespace

Result<DecodedImage> DecodeWebp(std::span<const std::byte> file, int64_t max_pixels) {
  WebPBitstreamFeatures features;
  const auto* bytes = reinterpret_cast<const uint8_t*>(file.data());
  if (WebPGetFeatures(bytes, file.size(), &features) != VP8_STATUS_OK) {
    return Invalid("the WebP's header is damaged or truncated");
  }
  CONVNEXT_RETURN_IF_ERROR(CheckSize(features.width, features.height, max_pixels));
  constexpr auto kDamaged = "the WebP is damaged or truncated: its first picture cannot be decoded";
  const AnimationDecoder decoder = MakeDecoder(file);
  WebPAnimInfo info;
  uint8_t* rgba = nullptr;
  int timestamp = 0;
  if (!decoder || !WebPAnimDecoderGetInfo(decoder.get(), &info)) return Invalid(kDamaged);
  const auto width = static_cast<int>(info.canvas_width);
  const auto height = static_cast<int>(info.canvas_height);
  CONVNEXT_RETURN_IF_ERROR(CheckSize(width, height, max_pixels));
  if (!WebPAnimDecoderGetNext(decoder.get(), &rgba, &timestamp)) return Invalid(kDamaged);
  DecodedImage image{DropAlpha(rgba, width, height), "WebP", {}};
  image.orientation = ReadOrientation(decoder.get());
  if (info.frame_count > 1) {
    image.warnings.push_back(fmt::format("an animation of {} frames; the first one is used", info.frame_count));
  }
  return image;
}

}  // namespace convnext
