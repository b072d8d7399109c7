// Makes every chunk's checksum right: otherwise no changed header would get past it.
#pragma once

#include <png.h>
#include <zlib.h>

#include <cstdint>
#include <vector>

inline void FixChecksums(std::vector<uint8_t>& file) {
  size_t place = 8;
  while (place + 12 <= file.size()) {
    const size_t length = png_get_uint_32(&file[place]);
    if (length > file.size() - place - 12) return;
    const auto checksum = static_cast<png_uint_32>(crc32_z(0, &file[place + 4], length + 4));
    png_save_uint_32(&file[place + 8 + length], checksum);
    place += 12 + length;
  }
}
