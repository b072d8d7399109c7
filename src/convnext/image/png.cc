#include <png.h>

#include <algorithm>
#include <csetjmp>
#include <cstring>

#include "convnext/image/decoders.h"
#include "convnext/image/orientation.h"
#include "convnext/image/png_chunks.h"

namespace convnext {
namespace {

constexpr size_t kMessageLength = 200;

// libpng reports errors by calling a function that must not return. It leaves by longjmp, over frames of plain C and of
// the small functions below, which hold nothing that has a destructor.
struct Decoder {
  png_structp png;
  png_infop info;
  const std::byte* rest;  // of the file that MakePng made
  size_t rest_size;
  int64_t rows;  // that libpng has finished, those of all passes counted
  std::jmp_buf escape;
  char error[kMessageLength];
  bool warned;

  ~Decoder() { png_destroy_read_struct(&png, &info, nullptr); }
};

[[noreturn]] void OnError(png_structp png, png_const_charp message) {
  Decoder& decoder = *static_cast<Decoder*>(png_get_error_ptr(png));
  std::strncpy(decoder.error, message, kMessageLength - 1);
  std::longjmp(decoder.escape, 1);
}

void OnWarning(png_structp png, png_const_charp) { static_cast<Decoder*>(png_get_error_ptr(png))->warned = true; }

void OnRead(png_structp png, png_bytep output, size_t count) {
  Decoder& decoder = *static_cast<Decoder*>(png_get_io_ptr(png));
  if (count > decoder.rest_size) png_error(png, "Not enough image data");
  std::memcpy(output, decoder.rest, count);
  decoder.rest += count;
  decoder.rest_size -= count;
}

// libpng calls this for each row once its data are complete, before it looks for more.
void OnRow(png_structp png, png_row_infop, png_bytep) { ++static_cast<Decoder*>(png_get_error_ptr(png))->rows; }

bool IsGrey16(const PngParts& parts) { return parts.bit_depth == 16 && parts.colour_type == PNG_COLOR_TYPE_GRAY; }

// Everything but 16-bit grey becomes RGB: 16 bits lose their low byte, palettes and small greys are expanded, and alpha
// is dropped.
void SetTransforms(png_structp png, const PngParts& parts) {
  if (IsGrey16(parts)) return;
  png_set_strip_16(png);
  if (parts.colour_type == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
  if (parts.colour_type == PNG_COLOR_TYPE_GRAY) png_set_expand_gray_1_2_4_to_8(png);
  png_set_strip_alpha(png);
  png_set_gray_to_rgb(png);
}

void SetUp(Decoder& decoder) {
  png_structp png = decoder.png;
  png_set_read_fn(png, &decoder, OnRead);
  png_set_read_user_transform_fn(png, OnRow);
  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);     // CheckSize is the limit
  png_set_crc_action(png, PNG_CRC_QUIET_USE, PNG_CRC_QUIET_USE);  // ReadPngChunks has looked at them
  png_set_benign_errors(png, 1);
}

// data: [height, row_bytes]. False after an error.
bool ReadRows(Decoder& decoder, const PngParts& parts, size_t row_bytes, uint8_t* data) {
  if (setjmp(decoder.escape) != 0) return false;
  png_structp png = decoder.png;
  SetUp(decoder);
  png_read_info(png, decoder.info);
  SetTransforms(png, parts);
  const int passes = png_set_interlace_handling(png);
  png_read_update_info(png, decoder.info);
  if (png_get_rowbytes(png, decoder.info) != row_bytes) png_error(png, "unexpected size of a row");
  for (int pass = 0; pass < passes; ++pass) {
    for (size_t y = 0; y < parts.height; ++y) png_read_row(png, data + y * row_bytes, nullptr);
  }
  return true;
}

// How many rows a whole picture has, those of all passes counted.
int64_t CountRows(const PngParts& parts) {
  if (std::to_integer<int>(parts.header[12]) == PNG_INTERLACE_NONE) return parts.height;
  int64_t rows = 0;
  for (uint32_t pass = 0; pass < PNG_INTERLACE_ADAM7_PASSES; ++pass) {
    if (PNG_PASS_COLS(parts.width, pass) > 0) rows += PNG_PASS_ROWS(parts.height, pass);
  }
  return rows;
}

// Once it has all rows, libpng still looks for the end of the compressed data. Pillow does not, and takes a file that
// lacks it.
Result<std::vector<uint8_t>> DecodeRows(const PngParts& parts, bool& damaged) {
  Decoder decoder{};
  decoder.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &decoder, OnError, OnWarning);
  if (decoder.png != nullptr) decoder.info = png_create_info_struct(decoder.png);
  if (decoder.info == nullptr) return Internal("libpng cannot start");
  const std::vector<std::byte> file = MakePng(parts);
  decoder.rest = file.data();
  decoder.rest_size = file.size();
  const size_t row_bytes = size_t{parts.width} * (IsGrey16(parts) ? 2 : 3);
  std::vector<uint8_t> data(row_bytes * parts.height);
  const bool read = ReadRows(decoder, parts, row_bytes, data.data());
  if (!read && decoder.rows < CountRows(parts)) return Invalid("the PNG is truncated or damaged: {}", decoder.error);
  damaged = !read || decoder.warned || parts.pixels_damaged;
  return data;
}

// 16-bit grey [height, width], big-endian, to RGB. Pillow clips it instead of scaling.
std::vector<uint8_t> ClipGrey(const std::vector<uint8_t>& grey, bool& clipped) {
  std::vector<uint8_t> rgb(grey.size() / 2 * 3);
  for (size_t i = 0; i < grey.size() / 2; ++i) {
    std::memset(&rgb[3 * i], grey[2 * i] > 0 ? 255 : grey[2 * i + 1], 3);
    clipped |= grey[2 * i] > 0;
  }
  return rgb;
}

}  // namespace

Result<DecodedImage> DecodePng(std::span<const std::byte> file, int64_t max_pixels) {
  const Result<PngParts> parts = ReadPngChunks(file);
  if (!parts.ok()) return parts.status();
  CONVNEXT_RETURN_IF_ERROR(CheckSize(parts->width, parts->height, max_pixels));
  bool damaged = false, clipped = false;
  Result<std::vector<uint8_t>> data = DecodeRows(*parts, damaged);
  if (!data.ok()) return data.status();
  DecodedImage image{{static_cast<int>(parts->width), static_cast<int>(parts->height), {}}, "PNG", {}};
  image.pixels.data = IsGrey16(*parts) ? ClipGrey(*data, clipped) : *std::move(data);
  if (damaged) image.warnings.push_back("the PNG is damaged at its pixels; decoded as well as it can be");
  if (clipped) {
    image.warnings.push_back(
        "16-bit grey: values above 255 became 255, as Pillow does; convert it to 8 bits for its shades");
  }
  image.orientation = FindOrientation(parts->exif, parts->xmp);
  if (parts->animated) image.warnings.push_back("an animated PNG; its first picture is used");
  return image;
}

}  // namespace convnext
