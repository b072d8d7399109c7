#include <png.h>

#include "convnext/image/image.h"

namespace convnext {

Result<std::string> EncodePng(const Pixels& pixels) {
  png_image header{};
  header.version = PNG_IMAGE_VERSION;
  header.width = static_cast<png_uint_32>(pixels.width);
  header.height = static_cast<png_uint_32>(pixels.height);
  header.format = PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(header);
  std::string file(size, '\0');
  if (!png_image_write_to_memory(&header, file.data(), &size, 0, pixels.data.data(), 0, nullptr)) {
    return Internal("cannot make a PNG: {}", static_cast<const char*>(header.message));
  }
  file.resize(size);
  return file;
}

Status WritePng(const std::string& path, const Pixels& pixels) {
  const auto file = EncodePng(pixels);
  return file.ok() ? WriteFile(path, *file) : file.status().Prefixed(Printable(path, 1000));
}

}  // namespace convnext
