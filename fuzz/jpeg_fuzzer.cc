// Any bytes as a JPEG: decoded or refused, never more, and what is decoded is whole.
#include <cstddef>
#include <cstdint>
#include <span>

#include "image/image.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2 || data[0] != 0xff) return 0;  // the other formats have their own target
  const auto image = convnext::DecodeImage(std::as_bytes(std::span(data, size)), 1 << 20);
  if (!image.ok()) {
    if (image.status().code() != convnext::Code::kInvalid) __builtin_trap();
    return 0;
  }
  const convnext::Pixels& pixels = image->pixels;
  if (pixels.width < 1 || pixels.height < 1) __builtin_trap();
  if (pixels.data.size() != size_t{3} * static_cast<size_t>(pixels.width) * static_cast<size_t>(pixels.height)) {
    __builtin_trap();
  }
  return 0;
}
