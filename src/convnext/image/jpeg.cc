#include <csetjmp>
#include <cstdio>
// jpeglib.h needs FILE to be declared.
#include <jerror.h>
#include <jpeglib.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include "convnext/image/orientation.h"
#include "convnext/image/raster.h"

namespace convnext {
namespace {

// More scans than any camera or editor writes; each costs a pass over the whole picture, so that a small file with many
// makes a decoder work for hours (libjpeg-turbo's own advice, its doc/libjpeg.txt and `djpeg -maxscans`).
constexpr int kMaxScans = 500;

// Pillow gives libjpeg the file in pieces of this many bytes (PIL/ImageFile.py, MAXBLOCK). Bytes behind the last row
// are looked at only as far as they have been given by then, so that the same pieces accept and refuse the same files.
constexpr size_t kBlock = 65536;

constexpr int kMetadataMarker = JPEG_APP0 + 1;  // of EXIF and XMP

// libjpeg reports errors by calling a function that must not return. It leaves by longjmp, over frames of plain C and
// of the small functions below, which hold nothing that has a destructor.
struct Decoder {
  jpeg_decompress_struct cinfo;
  jpeg_error_mgr errors;
  jpeg_source_mgr source;
  jpeg_progress_mgr progress;
  const std::byte* rest;  // what libjpeg has not been given yet
  size_t rest_size;
  size_t skip;  // what libjpeg wants to skip of it
  std::jmp_buf escape;
  char error[JMSG_LENGTH_MAX];
  char warning[JMSG_LENGTH_MAX];  // the first one
  bool too_many_scans;
};

Decoder& DecoderOf(j_common_ptr cinfo) { return *static_cast<Decoder*>(cinfo->client_data); }

[[noreturn]] void OnError(j_common_ptr cinfo) {
  Decoder& decoder = DecoderOf(cinfo);
  cinfo->err->format_message(cinfo, decoder.error);
  std::longjmp(decoder.escape, 1);
}

void OnMessage(j_common_ptr cinfo, int level) {
  if (level >= 0) return;  // traces
  if (cinfo->err->num_warnings++ == 0) cinfo->err->format_message(cinfo, DecoderOf(cinfo).warning);
}

void OnProgress(j_common_ptr cinfo) {
  Decoder& decoder = DecoderOf(cinfo);
  if (decoder.cinfo.input_scan_number <= kMaxScans) return;
  decoder.too_many_scans = true;
  std::longjmp(decoder.escape, 1);
}

// To "suspend" where the data end, and never to invent an end-of-image marker, is what tells a truncated file from a
// damaged one.
boolean OnEndOfData(j_decompress_ptr) { return FALSE; }

void SkipBytes(Decoder& decoder, size_t count) {
  const size_t skipped = std::min(count, decoder.source.bytes_in_buffer);
  decoder.source.next_input_byte += skipped;
  decoder.source.bytes_in_buffer -= skipped;
  decoder.skip = count - skipped;
}

void OnSkip(j_decompress_ptr cinfo, long count) {
  if (count > 0) SkipBytes(*static_cast<Decoder*>(cinfo->client_data), static_cast<size_t>(count));
}

// Gives libjpeg the next block; false at the end of the file. The file lies in memory in one piece, so that a block
// only lengthens the buffer.
bool FeedBlock(Decoder& decoder) {
  const size_t size = std::min(decoder.rest_size, kBlock);
  decoder.source.bytes_in_buffer += size;
  decoder.rest += size;
  decoder.rest_size -= size;
  SkipBytes(decoder, decoder.skip);
  return size > 0;
}

void OnNothing(j_decompress_ptr) {}

void SetUp(Decoder& decoder, std::span<const std::byte> file) {
  decoder.cinfo.err = jpeg_std_error(&decoder.errors);
  decoder.errors.error_exit = OnError;
  decoder.errors.emit_message = OnMessage;
  decoder.cinfo.client_data = &decoder;
  jpeg_create_decompress(&decoder.cinfo);  // fails only for a library of another version
  decoder.source.next_input_byte = reinterpret_cast<const JOCTET*>(file.data());
  decoder.rest = file.data();
  decoder.rest_size = file.size();
  decoder.source.init_source = OnNothing;
  decoder.source.fill_input_buffer = OnEndOfData;
  decoder.source.skip_input_data = OnSkip;
  decoder.source.resync_to_restart = jpeg_resync_to_restart;
  decoder.source.term_source = OnNothing;
  decoder.cinfo.src = &decoder.source;
  decoder.progress.progress_monitor = OnProgress;
  decoder.cinfo.progress = &decoder.progress;
  jpeg_save_markers(&decoder.cinfo, kMetadataMarker, 0xffff);
}

enum class Step { kDone, kTruncated, kFailed };

Step ReadHeader(Decoder& decoder, std::span<const std::byte> file) {
  if (setjmp(decoder.escape) != 0) return Step::kFailed;
  SetUp(decoder, file);
  while (true) {
    const int found = jpeg_read_header(&decoder.cinfo, FALSE);
    if (found == JPEG_HEADER_OK) return Step::kDone;
    if (found == JPEG_SUSPENDED && !FeedBlock(decoder)) return Step::kTruncated;  // otherwise tables came first
  }
}

// Pillow takes CMYK to be stored inverted, as Adobe does.
void InvertedCmykToRgb(const uint8_t* inverted, uint8_t* rgb, size_t width) {
  for (size_t x = 0; x < width; ++x) {
    uint8_t samples[4];
    for (size_t i = 0; i < 4; ++i) samples[i] = static_cast<uint8_t>(255 - inverted[4 * x + i]);
    std::memcpy(rgb + 3 * x, CmykToRgb(samples).data(), 3);
  }
}

// rgb: [height, width, 3]; cmyk: [width, 4] for pictures of four components.
Step ReadRows(Decoder& decoder, uint8_t* rgb, uint8_t* cmyk) {
  jpeg_decompress_struct& cinfo = decoder.cinfo;
  if (setjmp(decoder.escape) != 0) return Step::kFailed;
  cinfo.out_color_space = cmyk != nullptr ? JCS_CMYK : JCS_RGB;
  while (!jpeg_start_decompress(&cinfo)) {
    if (!FeedBlock(decoder)) return Step::kTruncated;
  }
  while (cinfo.output_scanline < cinfo.output_height) {
    uint8_t* pixels = rgb + size_t{cinfo.output_scanline} * cinfo.output_width * 3;
    JSAMPROW row = cmyk != nullptr ? cmyk : pixels;
    while (jpeg_read_scanlines(&cinfo, &row, 1) != 1) {
      if (!FeedBlock(decoder)) return Step::kTruncated;
    }
    if (cmyk != nullptr) InvertedCmykToRgb(cmyk, pixels, cinfo.output_width);
  }
  // A missing end does no harm any more, a fault before it does: both as in Pillow.
  static_cast<void>(jpeg_finish_decompress(&cinfo));
  return Step::kDone;
}

// A name for a process of JPEG that libjpeg does not know, "" for others. Medical pictures and camera raw have them.
std::string_view ProcessName(const jpeg_error_mgr& errors) {
  const int marker = errors.msg_parm.i[0];
  if (errors.msg_code == JERR_UNKNOWN_MARKER && marker == 0xf7) return "a JPEG-LS picture";
  if (errors.msg_code != JERR_SOF_UNSUPPORTED) return "";
  return marker == 0xc3 || marker == 0xc7 || marker == 0xcb || marker == 0xcf ? "a lossless JPEG"
                                                                              : "a hierarchical JPEG";
}

Status Explain(Step step, const Decoder& decoder) {
  if (step == Step::kTruncated) return Invalid("the JPEG is truncated: its data end before the picture does");
  if (decoder.too_many_scans)
    return Invalid("the JPEG has more than {} scans; expected a picture, not a trap", kMaxScans);
  if (const auto name = ProcessName(decoder.errors); !name.empty())
    return Invalid("found {} ({}); expected a baseline or progressive JPEG; convert it first", name, decoder.error);
  const int code = decoder.errors.msg_code;
  const bool unusual = code == JERR_BAD_PRECISION || code == JERR_SOF_UNSUPPORTED || code == JERR_ARITH_NOTIMPL;
  return Invalid("the JPEG cannot be decoded: {}{}", decoder.error,
                 unusual ? "; expected a baseline or progressive JPEG of 8 bits per sample" : "");
}

Status CheckHeader(const Decoder& decoder, int64_t max_pixels) {
  const jpeg_decompress_struct& cinfo = decoder.cinfo;
  CONVNEXT_RETURN_IF_ERROR(CheckSize(cinfo.image_width, cinfo.image_height, max_pixels));
  if (cinfo.num_components == 1 || cinfo.num_components == 3 || cinfo.num_components == 4) return {};
  return Invalid("the JPEG has {} components; expected 1 (grey), 3 (colour) or 4 (CMYK)", cinfo.num_components);
}

// EXIF may go on in a second segment; of XMP the last counts, as in Pillow.
int ReadOrientation(const jpeg_decompress_struct& cinfo) {
  constexpr std::string_view kExif("Exif\0\0", 6), kXmp("http://ns.adobe.com/xap/1.0/\0", 29);
  std::string exif, xmp;
  for (const jpeg_marker_struct* marker = cinfo.marker_list; marker != nullptr; marker = marker->next) {
    const std::string_view data(reinterpret_cast<const char*>(marker->data), marker->data_length);
    if (data.starts_with(kExif)) exif += data.substr(kExif.size());
    if (data.starts_with(kXmp)) xmp = data.substr(kXmp.size());
  }
  return FindOrientation(std::as_bytes(std::span(exif)), xmp);
}

Result<DecodedImage> Decode(Decoder& decoder, std::span<const std::byte> file, int64_t max_pixels) {
  if (const Step step = ReadHeader(decoder, file); step != Step::kDone) return Explain(step, decoder);
  CONVNEXT_RETURN_IF_ERROR(CheckHeader(decoder, max_pixels));
  const size_t width = decoder.cinfo.image_width;
  const size_t height = decoder.cinfo.image_height;
  DecodedImage image{{static_cast<int>(width), static_cast<int>(height), {}}, "JPEG", {}};
  image.orientation = ReadOrientation(decoder.cinfo);
  image.pixels.data.resize(width * height * 3);
  std::vector<uint8_t> cmyk(decoder.cinfo.num_components == 4 ? width * 4 : 0);
  const Step step = ReadRows(decoder, image.pixels.data.data(), cmyk.empty() ? nullptr : cmyk.data());
  if (step != Step::kDone) return Explain(step, decoder);
  if (decoder.errors.num_warnings > 0) {
    image.warnings.push_back(fmt::format("the JPEG is damaged ({}); decoded as well as it can be", decoder.warning));
  }
  return image;
}

}  // namespace

Result<DecodedImage> DecodeJpeg(std::span<const std::byte> file, int64_t max_pixels) {
  Decoder decoder{};
  const std::unique_ptr<jpeg_decompress_struct, decltype(&jpeg_destroy_decompress)> owner(&decoder.cinfo,
                                                                                          &jpeg_destroy_decompress);
  return Decode(decoder, file, max_pixels);
}

}  // namespace convnext
