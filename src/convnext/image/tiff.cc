#include <cstring>
#include <new>

#include "convnext/image/orientation.h"
#include "convnext/image/tiff_layout.h"

namespace convnext {
namespace {

// A tile may be larger than its picture, but not without limit.
constexpr int64_t kTilePixels = int64_t{1} << 22;
constexpr int64_t kMostBytesOfPixel = 12;  // six samples of 16 bits

// One sample of a row, to 8 bits as Pillow does it: of 16 bits the high byte, but of grey the value, clipped.
class SampleReader {
 public:
  explicit SampleReader(const TiffLayout& layout)
      : bits_(layout.bits), format_(layout.format), grey_(layout.samples == 1) {}

  uint8_t operator()(const uint8_t* row, size_t index) {
    if (bits_ == 8) return row[index];
    if (bits_ < 8) return Small(row, index);
    if (bits_ == 12) return ClippedGrey(Twelve(row, index), clipped_);
    if (bits_ == 32)
      return format_ == SAMPLEFORMAT_IEEEFP ? Float(row, index) : ClippedGrey(At<int32_t>(row, index), clipped_);
    if (!grey_) return static_cast<uint8_t>(At<uint16_t>(row, index) >> 8);
    const bool is_signed = format_ == SAMPLEFORMAT_INT;
    return ClippedGrey(is_signed ? At<int16_t>(row, index) : int64_t{At<uint16_t>(row, index)}, clipped_);
  }
  bool clipped() const { return clipped_; }

 private:
  template <class T>
  static T At(const uint8_t* row, size_t index) {
    T value;
    std::memcpy(&value, row + index * sizeof(T), sizeof(T));
    return value;
  }

  uint8_t Small(const uint8_t* row, size_t index) const {
    const auto bits = static_cast<size_t>(bits_);
    const size_t shift = 8 - bits - index * bits % 8;
    return static_cast<uint8_t>(row[index * bits / 8] >> shift & ((1 << bits_) - 1));
  }

  static int64_t Twelve(const uint8_t* row, size_t index) {
    const uint8_t* pair = row + index / 2 * 3;
    return index % 2 == 0 ? pair[0] << 4 | pair[1] >> 4 : (pair[1] & 15) << 8 | pair[2];
  }

  uint8_t Float(const uint8_t* row, size_t index) {
    const auto value = At<float>(row, index);
    if (!(value > 0)) return 0;
    return ClippedGrey(value >= 256 ? 256 : static_cast<int64_t>(value), clipped_);
  }

  int bits_, format_;
  bool grey_;
  bool clipped_ = false;
};

Colour FromPremultiplied(const uint8_t* samples) {
  const int alpha = samples[3];
  Colour colour = {};
  for (size_t i = 0; i < 3 && alpha > 0; ++i) colour[i] = static_cast<uint8_t>(std::min(255, samples[i] * 255 / alpha));
  return colour;
}

// A pixel of its samples. `shade` is what a step of grey is worth.
Colour ToColour(const uint8_t* samples, const TiffLayout& layout, int shade) {
  switch (layout.colours) {
    case TiffColours::kPalette:
      return layout.palette[samples[0]];
    case TiffColours::kCmyk:
      return CmykToRgb(samples);
    case TiffColours::kYcbcr:
      return YcbcrToRgb(samples[0], samples[1], samples[2]);
    case TiffColours::kRgb:
      break;
    default:
      return GreyColour(static_cast<uint8_t>(shade > 0 ? samples[0] * shade : 255 + samples[0] * shade));
  }
  return layout.premultiplied ? FromPremultiplied(samples) : Colour{samples[0], samples[1], samples[2]};
}

// White may be zero. Pillow does not look at that where samples have more than 8 bits.
int ShadeOfStep(const TiffLayout& layout) {
  if (layout.bits > 8) return 1;
  const int step = 255 / ((1 << layout.bits) - 1);
  return layout.colours == TiffColours::kWhiteIsZero ? -step : step;
}

class BlockReader {
 public:
  BlockReader(const TiffFile& file, const TiffLayout& layout)
      : file_(file), layout_(layout), reader_(layout), stored_(layout.planar ? 1 : layout.samples) {
    kept_ = layout.colours == TiffColours::kCmyk || layout.premultiplied ? 4 : layout.samples >= 3 ? 3 : 1;
    row_bytes_ = (size_t{layout.block_width} * stored_ * static_cast<size_t>(layout.bits) + 7) / 8;
  }

  Status ReadAll(Pixels& pixels) {
    const auto stated = layout_.tiled ? TIFFTileRowSize64(file_.get()) : TIFFScanlineSize64(file_.get());
    if (stated != row_bytes_) return Invalid("the TIFF has rows of {} bytes where {} are expected", stated, row_bytes_);
    data_.resize(row_bytes_ * layout_.block_height);
    samples_.resize(size_t{layout_.block_width} * layout_.block_height * kept_);
    for (uint32_t y = 0; y < layout_.height; y += layout_.block_height) {
      for (uint32_t x = 0; x < layout_.width; x += layout_.block_width) {
        CONVNEXT_RETURN_IF_ERROR(ReadBlock(x, y));
        Paint(x, y, pixels);
        if (layout_.block_width > layout_.width - x) break;  // so that x cannot wrap
      }
      if (layout_.block_height > layout_.height - y) break;
    }
    return {};
  }
  bool clipped() const { return reader_.clipped(); }

 private:
  uint32_t Rows(uint32_t y) const { return std::min(layout_.block_height, layout_.height - y); }

  Status ReadBlock(uint32_t x, uint32_t y) {
    for (size_t plane = 0; plane < (layout_.planar ? kept_ : 1); ++plane) {
      const auto number = static_cast<uint16_t>(plane);
      const tmsize_t read = layout_.tiled
                                ? TIFFReadEncodedTile(file_.get(), TIFFComputeTile(file_.get(), x, y, 0, number),
                                                      data_.data(), static_cast<tmsize_t>(data_.size()))
                                : TIFFReadEncodedStrip(file_.get(), TIFFComputeStrip(file_.get(), y, number),
                                                       data_.data(), static_cast<tmsize_t>(row_bytes_ * Rows(y)));
      if (read < 0) return file_.Damaged();
      Unpack(plane, Rows(y));
    }
    return {};
  }

  void Unpack(size_t plane, uint32_t rows) {
    const size_t taken = layout_.planar ? 1 : kept_;
    for (size_t y = 0; y < rows; ++y) {
      const uint8_t* row = data_.data() + y * row_bytes_;
      uint8_t* output = samples_.data() + y * layout_.block_width * kept_ + plane;
      for (size_t x = 0; x < layout_.block_width; ++x) {
        for (size_t i = 0; i < taken; ++i) output[x * kept_ + i] = reader_(row, x * stored_ + i);
      }
    }
  }

  void Paint(uint32_t left, uint32_t top, Pixels& pixels) {
    const int shade = ShadeOfStep(layout_);
    const size_t columns = std::min(layout_.block_width, layout_.width - left);
    for (size_t y = 0; y < Rows(top); ++y) {
      const auto row = Row(pixels, top + y).subspan(size_t{left} * 3);
      const uint8_t* samples = samples_.data() + y * layout_.block_width * kept_;
      for (size_t x = 0; x < columns; ++x)
        std::memcpy(&row[3 * x], ToColour(samples + x * kept_, layout_, shade).data(), 3);
    }
  }

  const TiffFile& file_;
  const TiffLayout& layout_;
  SampleReader reader_;
  size_t stored_;         // samples of a pixel in a block as it is stored
  size_t kept_ = 0;       // samples that make the colour
  size_t row_bytes_ = 0;  // of a block
  std::vector<uint8_t> data_, samples_;
};

Status ReadByLibtiff(const TiffFile& file, Pixels& pixels) {
  std::vector<uint32_t> raster(pixels.data.size() / 3);
  char message[1024] = "";
  TIFFRGBAImage rgba;
  if (TIFFRGBAImageOK(file.get(), message) != 1 || TIFFRGBAImageBegin(&rgba, file.get(), 1, message) != 1)
    return Invalid("the TIFF cannot be decoded: {}", Printable(message));
  rgba.orientation = rgba.req_orientation = ORIENTATION_TOPLEFT;
  const int read =
      TIFFRGBAImageGet(&rgba, raster.data(), static_cast<uint32_t>(pixels.width), static_cast<uint32_t>(pixels.height));
  TIFFRGBAImageEnd(&rgba);
  if (read != 1) return file.Damaged();
  for (size_t i = 0; i < raster.size(); ++i) {
    pixels.data[3 * i] = static_cast<uint8_t>(TIFFGetR(raster[i]));
    pixels.data[3 * i + 1] = static_cast<uint8_t>(TIFFGetG(raster[i]));
    pixels.data[3 * i + 2] = static_cast<uint8_t>(TIFFGetB(raster[i]));
  }
  return {};
}

}  // namespace

// As PIL/TiffImagePlugin.py, which always turns TIFFs as their orientation says.
Result<DecodedImage> DecodeTiff(std::span<const std::byte> file, int64_t max_pixels) {
  const int64_t tile_pixels = std::max(max_pixels, kTilePixels);
  CONVNEXT_ASSIGN_OR_RETURN(const auto tiff, TiffFile::Open(file, tile_pixels * kMostBytesOfPixel));
  CONVNEXT_ASSIGN_OR_RETURN(const auto layout, ReadTiffLayout(*tiff));
  CONVNEXT_RETURN_IF_ERROR(CheckSize(layout.width, layout.height, max_pixels));
  CONVNEXT_RETURN_IF_ERROR(CheckSize(layout.block_width, layout.block_height, tile_pixels));
  DecodedImage image = BlackImage(layout.width, layout.height, "TIFF");
  BlockReader reader(*tiff, layout);
  CONVNEXT_RETURN_IF_ERROR(layout.by_libtiff ? ReadByLibtiff(*tiff, image.pixels) : reader.ReadAll(image.pixels));
  image.pixels = Turn(std::move(image.pixels), layout.orientation);
  if (!tiff->error().empty())
    image.warnings.push_back(
        fmt::format("the TIFF is damaged ({}); decoded as well as it can be", Printable(tiff->error())));
  if (reader.clipped()) image.warnings.push_back(fmt::format("grey of more than 8 bits: {}", kClipped));
  if (layout.several) image.warnings.push_back("a TIFF of several pictures; the first one is used");
  return image;
}

}  // namespace convnext
