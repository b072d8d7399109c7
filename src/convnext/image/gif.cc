#include "convnext/image/gif_pixels.h"
#include "convnext/image/raster.h"

namespace convnext {
namespace {

struct Frame {
  int64_t left = 0, top = 0, width = 0, height = 0;
  bool interlaced = false;
  std::optional<Palette> palette;  // its own
  std::optional<uint8_t> transparent;
  size_t data_place = 0;  // of the size of the first code
};

Palette ReadPalette(ByteReader& reader, int flags) {
  Palette palette = {};
  for (size_t i = 0; i < size_t{2} << (flags & 7); ++i) {
    for (uint8_t& channel : palette[i]) channel = reader.Byte();
  }
  return palette;
}

// A palette that is a ramp of grey, or none at all, is one of 256 shades.
Palette GreyRamp() {
  Palette palette = {};
  for (size_t i = 0; i < palette.size(); ++i) palette[i].fill(static_cast<uint8_t>(i));
  return palette;
}

bool IsGreyRamp(const Palette& palette, int flags) {
  const Palette ramp = GreyRamp();
  return std::equal(palette.begin(), palette.begin() + (2 << (flags & 7)), ramp.begin());
}

Palette ReadColours(ByteReader& reader, int flags) {
  const Palette palette = ReadPalette(reader, flags);
  return IsGreyRamp(palette, flags) ? GreyRamp() : palette;
}

// One block; false if it is the empty one at the end.
bool SkipBlock(ByteReader& reader) { return !reader.Bytes(reader.Byte()).empty(); }

// Pillow takes an extension to have blocks even behind an empty first one, except in comments.
void ReadExtension(ByteReader& reader, Frame& frame) {
  constexpr uint8_t kGraphics = 0xf9, kComment = 0xfe;
  const uint8_t label = reader.Byte();
  const auto block = reader.Bytes(reader.Byte());
  if (label == kComment && block.empty()) return;
  if (label == kGraphics && block.size() >= 4 && (block[0] & 1) != 0) frame.transparent = block[3];
  while (SkipBlock(reader)) {
  }
}

void ReadDescriptor(ByteReader& reader, Frame& frame) {
  frame.left = reader.Little16();
  frame.top = reader.Little16();
  frame.width = reader.Little16();
  frame.height = reader.Little16();
  const int flags = reader.Byte();
  frame.interlaced = (flags & 0x40) != 0;
  if ((flags & 0x80) != 0) frame.palette = ReadColours(reader, flags);
  frame.data_place = reader.place();
}

// Goes to the next frame; none at the end of the GIF.
std::optional<Frame> NextFrame(ByteReader& reader) {
  Frame frame;
  while (!reader.ended()) {
    const uint8_t mark = reader.Byte();
    if (mark == ';') break;
    if (mark == '!') ReadExtension(reader, frame);
    if (mark != ',') continue;
    ReadDescriptor(reader, frame);
    if (reader.ended()) break;
    return frame;
  }
  return std::nullopt;
}

// All of them, the first one too; a part of one at the end does not count.
int CountFrames(ByteReader& reader) {
  int count = 1;
  do {
    reader.Byte();
    while (SkipBlock(reader)) {
    }
  } while (NextFrame(reader) && ++count);
  return count;
}

}  // namespace

// As PIL/GifImagePlugin.py: transparent pixels have the colour that the palette gives them.
Result<DecodedImage> DecodeGif(std::span<const std::byte> file, int64_t max_pixels) {
  ByteReader reader(file);
  reader.Seek(6);
  const int64_t screen_width = reader.Little16(), screen_height = reader.Little16();
  const int flags = reader.Byte();
  reader.Bytes(2);  // background, aspect ratio
  const Palette shared = (flags & 0x80) != 0 ? ReadColours(reader, flags) : GreyRamp();
  const auto frame = NextFrame(reader);
  if (!frame) return Invalid("the GIF has no picture");
  const int64_t width = std::max(screen_width, frame->left + frame->width);
  const int64_t height = std::max(screen_height, frame->top + frame->height);
  CONVNEXT_RETURN_IF_ERROR(CheckSize(width, height, max_pixels));
  CONVNEXT_RETURN_IF_ERROR(CheckSize(frame->width, frame->height, max_pixels));
  CONVNEXT_ASSIGN_OR_RETURN(const auto indices,
                            ReadGifPixels(file.subspan(frame->data_place), static_cast<size_t>(frame->width),
                                          static_cast<size_t>(frame->height), frame->interlaced));
  DecodedImage image = BlackImage(width, height, "GIF");
  const Palette& palette = frame->palette ? *frame->palette : shared;
  const std::vector<uint8_t> around(static_cast<size_t>(width), frame->transparent.value_or(0));
  for (size_t y = 0; y < static_cast<size_t>(height); ++y) Colourize(around, palette, Row(image.pixels, y));
  const auto frame_width = static_cast<size_t>(frame->width);
  for (size_t y = 0; y < static_cast<size_t>(frame->height); ++y) {
    const auto row = Row(image.pixels, static_cast<size_t>(frame->top) + y);
    Colourize(std::span(indices).subspan(y * frame_width, frame_width), palette,
              row.subspan(static_cast<size_t>(frame->left) * 3));
  }
  if (const int frames = CountFrames(reader); frames > 1)
    image.warnings.push_back(fmt::format("an animation of {} frames; the first one is used", frames));
  return image;
}

}  // namespace convnext
