#include "convnext/image/jpeg2000.h"

#include <openjpeg.h>

#include <cstring>
#include <memory>

#include "convnext/image/raster.h"

namespace convnext {
namespace {

// OpenJPEG takes some 10 kB for each tile before it looks at the first.
constexpr int64_t kManyTiles = 4096, kSmallTile = int64_t{64} * 64;
constexpr int kMostComponents = 4;  // as Pillow

struct Input {
  std::span<const std::byte> file;
  size_t place = 0;
  std::string error;
};

OPJ_SIZE_T OnRead(void* output, OPJ_SIZE_T count, void* user) {
  Input& input = *static_cast<Input*>(user);
  const size_t read = std::min<size_t>(count, input.file.size() - input.place);
  if (read == 0) return static_cast<OPJ_SIZE_T>(-1);
  std::memcpy(output, input.file.data() + input.place, read);
  input.place += read;
  return read;
}

OPJ_OFF_T OnSkip(OPJ_OFF_T count, void* user) {
  Input& input = *static_cast<Input*>(user);
  if (count < 0 || static_cast<uint64_t>(count) > input.file.size() - input.place) return -1;
  input.place += static_cast<size_t>(count);
  return count;
}

OPJ_BOOL OnSeek(OPJ_OFF_T place, void* user) {
  Input& input = *static_cast<Input*>(user);
  if (place < 0 || static_cast<uint64_t>(place) > input.file.size()) return OPJ_FALSE;
  input.place = static_cast<size_t>(place);
  return OPJ_TRUE;
}

void OnError(const char* message, void* user) {
  std::string& error = static_cast<Input*>(user)->error;
  if (error.empty()) error = std::string_view(message).substr(0, 200);
}

using Stream = std::unique_ptr<opj_stream_t, decltype(&opj_stream_destroy)>;
using Codec = std::unique_ptr<opj_codec_t, decltype(&opj_destroy_codec)>;
using Image = std::unique_ptr<opj_image_t, decltype(&opj_image_destroy)>;

Stream MakeStream(Input& input) {
  Stream stream(opj_stream_default_create(OPJ_TRUE), &opj_stream_destroy);
  if (!stream) return stream;
  opj_stream_set_user_data(stream.get(), &input, nullptr);
  opj_stream_set_user_data_length(stream.get(), input.file.size());
  opj_stream_set_read_function(stream.get(), OnRead);
  opj_stream_set_skip_function(stream.get(), OnSkip);
  opj_stream_set_seek_function(stream.get(), OnSeek);
  return stream;
}

Status Damaged(const Input& input) {
  std::string error = input.error;
  while (!error.empty() && error.back() == '\n') error.pop_back();
  return Invalid("the JPEG 2000 is truncated or damaged: {}",
                 error.empty() ? "its data make no sense" : Printable(error));
}

// A palette has been applied by then.
Result<Image> ReadImage(Input& input, bool boxed, int64_t max_pixels) {
  const Stream stream = MakeStream(input);
  const Codec codec(opj_create_decompress(boxed ? OPJ_CODEC_JP2 : OPJ_CODEC_J2K), &opj_destroy_codec);
  if (!stream || !codec) return Internal("OpenJPEG cannot start");
  opj_set_error_handler(codec.get(), OnError, &input);
  opj_dparameters_t parameters;
  opj_set_default_decoder_parameters(&parameters);
  opj_image_t* header = nullptr;
  const bool ready = opj_setup_decoder(codec.get(), &parameters) && opj_read_header(stream.get(), codec.get(), &header);
  Image image(header, &opj_image_destroy);
  if (!ready || !image) return Damaged(input);
  CONVNEXT_RETURN_IF_ERROR(CheckSize(int64_t{image->x1} - image->x0, int64_t{image->y1} - image->y0, max_pixels));
  if (!opj_decode(codec.get(), stream.get(), image.get()) || !opj_end_decompress(codec.get(), stream.get()))
    return Damaged(input);
  return image;
}

// A component's values at the places of the picture's pixels, which may be more.
struct Component {
  const int32_t* values = nullptr;
  size_t width = 0, height = 0;
  uint32_t dx = 1, dy = 1;
  int precision = 8;
  int64_t offset = 0;

  int64_t At(size_t x, size_t y) const {
    return values[std::min(y / dy, height - 1) * width + std::min(x / dx, width - 1)] + offset;
  }
};

Result<std::vector<Component>> Components(const opj_image_t& image) {
  std::vector<Component> components;
  if (image.numcomps < 1 || image.numcomps > kMostComponents)
    return Invalid("the JPEG 2000 has {} components; expected 1 to {}", image.numcomps, kMostComponents);
  for (uint32_t i = 0; i < image.numcomps; ++i) {
    const opj_image_comp_t& c = image.comps[i];
    if (c.data == nullptr || c.w == 0 || c.h == 0 || c.dx == 0 || c.dy == 0 || c.prec < 1 || c.prec > 31)
      return Invalid("the JPEG 2000 is damaged: a component has no pixels");
    components.push_back(
        {c.data, c.w, c.h, c.dx, c.dy, static_cast<int>(c.prec), c.sgnd ? int64_t{1} << (c.prec - 1) : 0});
  }
  return components;
}

// To another number of bits: up by zeros, down to the nearest.
int64_t Scaled(int64_t value, int precision, int bits) {
  const int down = precision - bits;
  if (down <= 0) return value << -down;
  const int64_t largest = (int64_t{1} << bits) - 1;
  return std::min(largest, (value + (int64_t{1} << (down - 1))) >> down);
}

enum class Meaning { kGrey, kRgb, kYcbcr, kCmyk };

// The colours that a file does not state follow from which components are subsampled, as in Pillow.
Result<Meaning> FindMeaning(const opj_image_t& image, const std::vector<Component>& components) {
  if (components.size() <= 2) return Meaning::kGrey;
  switch (image.color_space) {
    case OPJ_CLRSPC_SRGB:
      return Meaning::kRgb;
    case OPJ_CLRSPC_SYCC:
      return Meaning::kYcbcr;
    case OPJ_CLRSPC_CMYK:
      return Meaning::kCmyk;
    case OPJ_CLRSPC_UNKNOWN:
    case OPJ_CLRSPC_UNSPECIFIED:
      break;
    default:
      return Invalid("the JPEG 2000 has a colour space that Pillow does not read either");
  }
  for (size_t i = 0; i < components.size(); ++i) {
    if (components[i].dx != 1 || components[i].dy != 1) return i == 1 || i == 2 ? Meaning::kYcbcr : Meaning::kRgb;
  }
  return Meaning::kRgb;
}

class Painter {
 public:
  Painter(std::vector<Component> components, Meaning meaning, int most_grey_bits)
      : components_(std::move(components)), meaning_(meaning), most_grey_bits_(most_grey_bits) {}

  void Paint(Pixels& pixels) {
    for (size_t y = 0; y < static_cast<size_t>(pixels.height); ++y) {
      const auto row = Row(pixels, y);
      for (size_t x = 0; x < row.size() / 3; ++x) std::memcpy(&row[3 * x], At(x, y).data(), 3);
    }
  }
  bool clipped() const { return clipped_; }

 private:
  Colour At(size_t x, size_t y) {
    if (meaning_ == Meaning::kGrey) return GreyColour(Grey(x, y));
    std::array<uint8_t, 4> values = {};
    for (size_t i = 0; i < components_.size(); ++i) values[i] = Byte(components_[i], x, y);
    if (meaning_ == Meaning::kYcbcr) return YcbcrToRgb(values[0], values[1], values[2]);
    return meaning_ == Meaning::kCmyk ? CmykToRgb(values.data()) : Colour{values[0], values[1], values[2]};
  }

  // Grey of more bits becomes one of 16 first, and is clipped then.
  uint8_t Grey(size_t x, size_t y) {
    const Component& grey = components_[0];
    if (components_.size() > 1 || grey.precision <= most_grey_bits_) return Byte(grey, x, y);
    return ClippedGrey(Scaled(grey.At(x, y), grey.precision, 16), clipped_);
  }

  static uint8_t Byte(const Component& component, size_t x, size_t y) {
    return static_cast<uint8_t>(Scaled(component.At(x, y), component.precision, 8));
  }

  std::vector<Component> components_;
  Meaning meaning_;
  int most_grey_bits_;  // that are brought to 8 by rounding
  bool clipped_ = false;
};

Status CheckTiles(const Jpeg2000Size& size) {
  if (size.components < 1 || size.components > kMostComponents)
    return Invalid("the JPEG 2000 has {} components; expected 1 to {}", size.components, kMostComponents);
  if (size.tile_width < 1 || size.tile_height < 1) return Invalid("the JPEG 2000 is damaged: its tiles are empty");
  const int64_t columns = (size.width + size.tile_width - 1) / size.tile_width;
  const int64_t rows = (size.height + size.tile_height - 1) / size.tile_height;
  if (columns * rows <= kManyTiles || size.tile_width >= kSmallTile / size.tile_height) return {};
  return Invalid("the JPEG 2000 has {} tiles of {}x{} pixels; expected a picture, not a trap", columns * rows,
                 size.tile_width, size.tile_height);
}

}  // namespace

Result<DecodedImage> DecodeJpeg2000(std::span<const std::byte> file, int64_t max_pixels) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto size, ReadJpeg2000Size(file));
  CONVNEXT_RETURN_IF_ERROR(CheckSize(size.width, size.height, max_pixels));
  CONVNEXT_RETURN_IF_ERROR(CheckTiles(size));
  Input input{file, 0, {}};
  CONVNEXT_ASSIGN_OR_RETURN(const auto decoded, ReadImage(input, size.boxed, max_pixels));
  CONVNEXT_ASSIGN_OR_RETURN(auto components, Components(*decoded));
  CONVNEXT_ASSIGN_OR_RETURN(const auto meaning, FindMeaning(*decoded, components));
  DecodedImage image = BlackImage(int64_t{decoded->x1} - decoded->x0, int64_t{decoded->y1} - decoded->y0, "JPEG2000");
  // Pillow reads the bits less one in the header of a JP2 as the bits.
  Painter painter(std::move(components), meaning, size.boxed ? 9 : 8);
  painter.Paint(image.pixels);
  if (painter.clipped()) image.warnings.push_back(fmt::format("grey of more than 8 bits: {}", kClipped));
  return image;
}

}  // namespace convnext
