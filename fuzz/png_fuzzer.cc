// Any bytes as a PNG: decoded or refused, never more, and what is decoded is whole.
#include <png.h>
#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "image/image.h"

namespace {

void Try(std::span<const uint8_t> file) {
  const auto image = convnext::DecodeImage(std::as_bytes(file), 1 << 20);
  if (!image.ok()) {
    if (image.status().code() != convnext::Code::kInvalid) __builtin_trap();
    return;
  }
  const convnext::Pixels& pixels = image->pixels;
  if (pixels.width < 1 || pixels.height < 1) __builtin_trap();
  if (pixels.data.size() != size_t{3} * static_cast<size_t>(pixels.width) * static_cast<size_t>(pixels.height)) {
    __builtin_trap();
  }
}

// Makes every chunk's checksum right: otherwise no changed header would get past it.
void MendChecksums(std::vector<uint8_t>& file) {
  size_t place = 8;
  while (place + 12 <= file.size()) {
    const size_t length = png_get_uint_32(&file[place]);
    if (length > file.size() - place - 12) return;
    const auto checksum = static_cast<png_uint_32>(crc32_z(0, &file[place + 4], length + 4));
    png_save_uint_32(&file[place + 8 + length], checksum);
    place += 12 + length;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2 || data[0] != 0x89) return 0;  // the other formats have their own target
  Try({data, size});
  std::vector<uint8_t> mended(data, data + size);
  MendChecksums(mended);
  Try(mended);
  return 0;
}
