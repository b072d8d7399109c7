#include <algorithm>

#include "convnext/image/byte_reader.h"
#include "convnext/image/jpeg2000.h"

namespace convnext {
namespace {

constexpr uint32_t kCodestream = 0xff4fff51;     // the markers SOC and SIZ
constexpr uint32_t kCodestreamBox = 0x6a703263;  // "jp2c"

// Goes to the contents of the box with the codestream; false if there is none.
bool FindCodestream(ByteReader& reader) {
  while (reader.rest() >= 8) {
    const size_t begin = reader.place();
    uint64_t length = reader.Big32();
    const uint32_t type = reader.Big32();
    if (length == 1) {
      const uint64_t high = reader.Big32();
      length = high << 32 | reader.Big32();
    }
    if (type == kCodestreamBox) return !reader.ended();
    if (length < reader.place() - begin || length > reader.rest() + (reader.place() - begin)) return false;
    reader.Seek(begin + static_cast<size_t>(length));
  }
  return false;
}

uint32_t Big16(ByteReader& reader) {
  const uint32_t high = reader.Byte();
  return high << 8 | reader.Byte();
}

}  // namespace

Result<Jpeg2000Size> ReadJpeg2000Size(std::span<const std::byte> file) {
  ByteReader reader(file);
  Jpeg2000Size size;
  size.boxed = reader.Big32() != kCodestream;
  reader.Seek(0);
  if (size.boxed && !FindCodestream(reader)) return Invalid("the JPEG 2000 is truncated or damaged: it has no pixels");
  if (reader.Big32() != kCodestream) return Invalid("the JPEG 2000 is damaged: its codestream has no size");
  reader.Big32();  // length of the segment, capabilities
  const int64_t right = reader.Big32(), bottom = reader.Big32(), left = reader.Big32(), top = reader.Big32();
  size.tile_width = reader.Big32();
  size.tile_height = reader.Big32();
  reader.Big32();  // where the first tile begins
  reader.Big32();
  size.components = static_cast<int>(Big16(reader));
  if (reader.ended()) return Invalid("the JPEG 2000 is truncated: its data end before the picture does");
  size.width = right - left;
  size.height = bottom - top;
  return size;
}

}  // namespace convnext
