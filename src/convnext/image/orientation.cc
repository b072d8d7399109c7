#include "convnext/image/orientation.h"

#include <cstring>

#include "convnext/image/byte_reader.h"

namespace convnext {
namespace {

using namespace std::string_view_literals;

struct Place {
  size_t x, y;
};

// Where in a picture of width x height the pixel is that is shown at `to`.
Place Source(int orientation, size_t width, size_t height, Place to) {
  const auto [x, y] = to;
  switch (orientation) {
    case 2:
      return {width - 1 - x, y};
    case 3:
      return {width - 1 - x, height - 1 - y};
    case 4:
      return {x, height - 1 - y};
    case 5:
      return {y, x};
    case 6:
      return {y, height - 1 - x};
    case 7:
      return {width - 1 - y, height - 1 - x};
    case 8:
      return {width - 1 - y, x};
    default:
      return to;
  }
}

// The numbers of a TIFF header, in its order of bytes.
class ExifReader {
 public:
  explicit ExifReader(std::span<const std::byte> data) : reader_(data) {}

  // True if there is such a header; then the first directory comes next.
  bool ReadHeader() {
    const auto order = reader_.Bytes(2);
    if (order.size() < 2 || order[0] != order[1] || (order[0] != 'I' && order[0] != 'M')) return false;
    big_ = order[0] == 'M';
    Short();  // 42, in some files not
    reader_.Seek(Long());
    return !reader_.ended();
  }

  std::optional<int> FindOrientation() {
    constexpr uint32_t kOrientation = 0x0112, kShort = 3, kLong = 4;
    const uint32_t count = Short();
    for (uint32_t i = 0; i < count && !reader_.ended(); ++i) {
      const uint32_t tag = Short(), type = Short(), values = Long();
      const size_t behind = reader_.place() + 4;
      if (tag == kOrientation) {
        // Pillow turns by one number of these kinds alone.
        const uint32_t value = values != 1 ? 0 : type == kShort ? Short() : type == kLong ? Long() : 0;
        return static_cast<int>(std::min<uint32_t>(value, 99));
      }
      reader_.Seek(behind);
    }
    return std::nullopt;
  }

 private:
  uint32_t Short() {
    const uint32_t first = reader_.Byte(), second = reader_.Byte();
    return big_ ? first << 8 | second : second << 8 | first;
  }
  uint32_t Long() { return big_ ? reader_.Big32() : reader_.Little32(); }

  ByteReader reader_;
  bool big_ = false;
};

}  // namespace

Pixels Turn(Pixels pixels, int orientation) {
  if (orientation < 2 || orientation > 8) return pixels;
  const auto width = static_cast<size_t>(pixels.width), height = static_cast<size_t>(pixels.height);
  Pixels turned{pixels.width, pixels.height, std::vector<uint8_t>(pixels.data.size())};
  if (orientation >= 5) std::swap(turned.width, turned.height);
  const auto columns = static_cast<size_t>(turned.width);
  for (size_t i = 0; i < width * height; ++i) {
    const Place from = Source(orientation, width, height, {i % columns, i / columns});
    std::memcpy(&turned.data[3 * i], &pixels.data[3 * (from.y * width + from.x)], 3);
  }
  return turned;
}

std::optional<int> OrientationOfExif(std::span<const std::byte> exif) {
  const std::string_view text(reinterpret_cast<const char*>(exif.data()), exif.size());
  size_t begin = 0;
  while (text.substr(begin).starts_with("Exif\0\0"sv)) begin += 6;
  ExifReader reader(exif.subspan(begin));
  return reader.ReadHeader() ? reader.FindOrientation() : std::nullopt;
}

// The pattern tiff:Orientation(="|>)([0-9]), its first match.
std::optional<int> OrientationOfXmp(std::string_view xmp) {
  constexpr std::string_view kName = "tiff:Orientation";
  for (size_t place = xmp.find(kName); place != std::string_view::npos; place = xmp.find(kName, place + 1)) {
    std::string_view rest = xmp.substr(place + kName.size());
    if (rest.starts_with("=\"")) {
      rest.remove_prefix(2);
    } else if (rest.starts_with(">")) {
      rest.remove_prefix(1);
    } else {
      continue;
    }
    if (!rest.empty() && rest[0] >= '0' && rest[0] <= '9') return rest[0] - '0';
  }
  return std::nullopt;
}

int FindOrientation(std::span<const std::byte> exif, std::string_view xmp) {
  const auto stated = OrientationOfExif(exif);
  return stated ? *stated : OrientationOfXmp(xmp).value_or(1);
}

std::string_view Name(ExifOrientation orientation) {
  return orientation == ExifOrientation::kApply ? "apply" : "ignore";
}

}  // namespace convnext
