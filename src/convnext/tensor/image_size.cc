#include "convnext/tensor/image_size.h"

#include <algorithm>
#include <charconv>

namespace convnext {

std::string ToString(const ImageSize& size) { return fmt::format("{}x{}", size.height, size.width); }

Result<ImageSize> ParseImageSize(std::string_view text, const Bounds<int64_t>& bounds) {
  const size_t x = std::min(text.find('x'), text.size());
  const std::string_view height = text.substr(0, x), width = x < text.size() ? text.substr(x + 1) : height;
  ImageSize size;
  for (const auto& [part, side] : {std::pair(height, &size.height), std::pair(width, &size.width)}) {
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), *side);
    if (error != std::errc() || end != part.data() + part.size() || !bounds.Contains(*side)) {
      return Invalid("\"{}\": expected N, or HEIGHTxWIDTH, each from {} to {}", Printable(text), bounds.smallest,
                     bounds.largest);
    }
  }
  return size;
}

}  // namespace convnext
