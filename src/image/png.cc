#include <png.h>

#include <algorithm>
#include <csetjmp>
#include <cstring>
#include <string_view>

#include "image/decoders.h"

namespace convnext {
namespace {

constexpr size_t kMessageLength = 200;

// libpng reports errors by calling a function that must not return. It leaves by longjmp, over frames of plain C and of
// the small functions below, which hold nothing that has a destructor.
struct Decoder {
  png_structp png;
  png_infop info;
  std::span<const std::byte> left;  // of the file
  std::jmp_buf escape;
  char error[kMessageLength];
  bool truncated;
  bool damaged_pixels;  // a wrong checksum over compressed pixels; Pillow does not look at it
};

[[noreturn]] void Fail(Decoder& decoder, const char* message) {
  std::strncpy(decoder.error, message, kMessageLength - 1);
  std::longjmp(decoder.escape, 1);
}

[[noreturn]] void OnError(png_structp png, png_const_charp message) {
  Fail(*static_cast<Decoder*>(png_get_error_ptr(png)), message);
}

// Checksums are the only warnings that matter. Pillow refuses a wrong one in a chunk before the pixels.
void OnWarning(png_structp png, png_const_charp message) {
  Decoder& decoder = *static_cast<Decoder*>(png_get_error_ptr(png));
  if (std::strstr(message, "CRC error") == nullptr) return;
  if (std::strstr(message, "IDAT") == nullptr) Fail(decoder, message);
  decoder.damaged_pixels = true;
}

void OnRead(png_structp png, png_bytep output, size_t count) {
  Decoder& decoder = *static_cast<Decoder*>(png_get_io_ptr(png));
  decoder.truncated = count > decoder.left.size();
  if (decoder.truncated) Fail(decoder, "its data end before the picture does");
  std::memcpy(output, decoder.left.data(), count);
  decoder.left = decoder.left.subspan(count);
}

bool Create(Decoder& decoder) {
  decoder.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &decoder, OnError, OnWarning);
  if (decoder.png != nullptr) decoder.info = png_create_info_struct(decoder.png);
  return decoder.info != nullptr;
}

struct Header {
  png_uint_32 width, height;
  int bit_depth, colour_type;
  bool grey16() const { return bit_depth == 16 && colour_type == PNG_COLOR_TYPE_GRAY; }
};

bool ReadHeader(Decoder& decoder, Header& header) {
  if (setjmp(decoder.escape) != 0) return false;
  png_structp png = decoder.png;
  png_set_read_fn(png, &decoder, OnRead);
  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // CheckSize is the limit
  png_set_crc_action(png, PNG_CRC_WARN_USE, PNG_CRC_WARN_USE);
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);  // no text, profile or time is of use
  png_read_info(png, decoder.info);
  int interlace = 0;
  png_get_IHDR(png, decoder.info, &header.width, &header.height, &header.bit_depth, &header.colour_type, &interlace,
               nullptr, nullptr);
  return true;
}

// Everything but 16-bit grey becomes RGB: 16 bits lose their low byte, palettes and small greys are expanded, alpha goes.
void SetTransforms(png_structp png, const Header& header) {
  if (header.grey16()) return;
  png_set_strip_16(png);
  if (header.colour_type == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
  if (header.colour_type == PNG_COLOR_TYPE_GRAY) png_set_expand_gray_1_2_4_to_8(png);
  png_set_strip_alpha(png);
  png_set_gray_to_rgb(png);
}

// rows: one pointer per row of the picture, each to `row_bytes` bytes.
bool ReadRows(Decoder& decoder, const Header& header, size_t row_bytes, png_bytepp rows) {
  if (setjmp(decoder.escape) != 0) return false;
  SetTransforms(decoder.png, header);
  png_set_interlace_handling(decoder.png);
  png_read_update_info(decoder.png, decoder.info);
  if (png_get_rowbytes(decoder.png, decoder.info) != row_bytes) Fail(decoder, "unexpected size of a row");
  png_read_image(decoder.png, rows);
  return true;
}

// As Pillow: a chunk after the pixels that the file does not hold to its end means a truncated file; no IEND does not.
bool EndIsTruncated(std::span<const std::byte> left) {
  constexpr size_t kHeader = 8, kChecksum = 4;
  while (left.size() >= kHeader) {
    const std::string_view name(reinterpret_cast<const char*>(left.data()) + 4, 4);
    const size_t length = png_get_uint_32(reinterpret_cast<png_const_bytep>(left.data()));
    if (name == "IEND") return false;
    left = left.subspan(kHeader);
    if (length > left.size()) return name != "IDAT";
    left = left.subspan(std::min(left.size(), length + kChecksum));
  }
  return false;
}

Status Explain(const Decoder& decoder) {
  return Invalid("the PNG {}: {}", decoder.truncated ? "is truncated" : "cannot be decoded", decoder.error);
}

// 16-bit grey [height, width], big-endian, to RGB: Pillow clips it instead of scaling.
Pixels ClipGrey(const std::vector<uint8_t>& grey, const Header& header) {
  Pixels pixels{static_cast<int>(header.width), static_cast<int>(header.height), {}};
  pixels.data.resize(grey.size() / 2 * 3);
  for (size_t i = 0; i < grey.size() / 2; ++i) {
    std::memset(&pixels.data[3 * i], grey[2 * i] > 0 ? 255 : grey[2 * i + 1], 3);
  }
  return pixels;
}

// Whether Pillow shows what it has: the compressed stream ended, in order, before the last row.
bool EndsEarly(const Decoder& decoder) { return std::strcmp(decoder.error, "Not enough image data") == 0; }

Result<std::vector<uint8_t>> DecodeRows(Decoder& decoder, const Header& header, DecodedImage& image) {
  const size_t row_bytes = size_t{header.width} * (header.grey16() ? 2 : 3);
  std::vector<uint8_t> data(row_bytes * header.height);
  std::vector<png_bytep> rows(header.height);
  for (size_t y = 0; y < rows.size(); ++y) rows[y] = data.data() + y * row_bytes;
  const bool complete = ReadRows(decoder, header, row_bytes, rows.data());
  if (!complete && !EndsEarly(decoder)) return Explain(decoder);
  if (complete && EndIsTruncated(decoder.left)) return Invalid("the PNG is truncated: a chunk goes beyond the end of the file");
  if (!complete) image.warnings.push_back("the PNG's pixels end early; the missing ones are black");
  if (decoder.damaged_pixels) image.warnings.push_back("the PNG is damaged (a checksum is wrong); its pixels may be too");
  return data;
}

bool IsAnimated(std::span<const std::byte> file) {
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  const size_t animation = text.find("acTL");
  return animation != text.npos && animation < text.find("IDAT");
}

Result<DecodedImage> Decode(Decoder& decoder, std::span<const std::byte> file, int64_t max_pixels) {
  Header header{};
  if (!ReadHeader(decoder, header)) return Explain(decoder);
  if (Status status = CheckSize(header.width, header.height, max_pixels); !status.ok()) return status;
  DecodedImage image{{static_cast<int>(header.width), static_cast<int>(header.height), {}}, "PNG", {}};
  Result<std::vector<uint8_t>> data = DecodeRows(decoder, header, image);
  if (!data.ok()) return data.status();
  if (header.grey16()) {
    image.pixels = ClipGrey(*data, header);
    image.warnings.push_back("16-bit grey: values above 255 become 255, as in Pillow; convert it to 8 bits for its shades");
  } else {
    image.pixels.data = *std::move(data);
  }
  if (IsAnimated(file)) image.warnings.push_back("an animated PNG; its first picture is used");
  return image;
}

}  // namespace

Result<DecodedImage> DecodePng(std::span<const std::byte> file, int64_t max_pixels) {
  Decoder decoder{};
  decoder.left = file;
  Result<DecodedImage> image =
      Create(decoder) ? Decode(decoder, file, max_pixels) : Result<DecodedImage>(Internal("libpng cannot start"));
  png_destroy_read_struct(&decoder.png, &decoder.info, nullptr);
  return image;
}

}  // namespace convnext
