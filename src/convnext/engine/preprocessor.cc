#include "convnext/engine/preprocessor.h"

#include <algorithm>
#include <cmath>

namespace convnext {
namespace {

constexpr size_t kMaxPictureBytes = size_t{1} << 30;

}  // namespace

Status CheckImageSize(const ImageSize& size) {
  if (kImageSizes.Contains(size.height) && kImageSizes.Contains(size.width)) return {};
  return Invalid("a picture of {}x{}; the model reads {} to {} pixels a side", size.height, size.width, kMinImageSize,
                 kMaxImageSize);
}

Preprocessor::Preprocessor(const Preprocessing& preprocessing, DecodeOptions decode)
    : preprocessing_(preprocessing), decode_(decode), table_(MakeNormalizationTable(preprocessing)) {}

Result<LoadedPixels> Preprocessor::Load(const std::string& path) const {
  CONVNEXT_ASSIGN_OR_RETURN(const auto file, ReadFile(path, kMaxPictureBytes));
  return Load(file, path);
}

Result<LoadedPixels> Preprocessor::Load(std::span<const std::byte> file, const std::string& source) const {
  const Stopwatch decode;
  auto decoded = DecodeImage(file, decode_);
  if (!decoded.ok()) return decoded.status().Prefixed(Printable(source, 1000));
  const double decode_seconds = decode.Seconds();
  const Stopwatch resize;
  auto pixels = ResizeAndCrop(decoded->pixels, preprocessing_);
  if (!pixels.ok()) return pixels.status().WithKind("picture.size").Prefixed(Printable(source, 1000));
  const double resize_seconds = resize.Seconds();
  return LoadedPixels{source, Sha256(file), *std::move(decoded), *std::move(pixels), decode_seconds, resize_seconds};
}

PreparedImage Preprocessor::Normalized(LoadedPixels loaded) const {
  const Pixels& pixels = loaded.pixels;
  const Stopwatch stopwatch;
  AlignedVector<float> data(pixels.data.size());
  Normalize(pixels.data, table_, data);
  const int64_t turned = loaded.turned();
  return {.path = std::move(loaded.path),
          .sha256 = std::move(loaded.sha256),
          .height = pixels.height,
          .width = pixels.width,
          .data = std::move(data),
          .warnings = std::move(loaded.decoded.warnings),
          .turned = turned,
          .decode_seconds = loaded.decode_seconds,
          .resize_seconds = loaded.resize_seconds + stopwatch.Seconds()};
}

Result<PreparedImage> Preprocessor::Prepare(const std::string& path) const {
  CONVNEXT_ASSIGN_OR_RETURN(auto loaded, Load(path));
  return Normalized(std::move(loaded));
}

Result<PreparedImage> Preprocessor::Prepare(std::span<const std::byte> file, const std::string& source) const {
  CONVNEXT_ASSIGN_OR_RETURN(auto loaded, Load(file, source));
  return Normalized(std::move(loaded));
}

std::string TensorSha256(std::span<const float> nhwc) {
  AlignedVector<float> nchw(nhwc.size());
  NhwcToNchw({.pixels = static_cast<int64_t>(nhwc.size() / 3)}, nhwc.data(), nchw.data());
  return Sha256(std::as_bytes(std::span(nchw)));
}

Result<std::vector<PreparedImage>> ReadPreparedImages(const std::string& path) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto tensor, ReadNpyFloat32(path));
  const Shape& shape = tensor.shape;
  if (shape.size() != 4 || shape[0] < 1 || shape[1] != 3) {
    return Invalid("{}: shape {}; expected normalised pictures [N, 3, height, width]", Printable(path),
                   ShapeText(shape));
  }
  if (Status status = CheckImageSize({shape[2], shape[3]}); !status.ok()) return status.Prefixed(Printable(path));
  CONVNEXT_ASSIGN_OR_RETURN(const auto file, MappedFile::Open(path));
  const std::string sha256 = Sha256(file.bytes());

  std::vector<PreparedImage> images(static_cast<size_t>(shape[0]));
  const int64_t pixels = shape[2] * shape[3];
  const auto size = static_cast<size_t>(3 * pixels);
  for (size_t n = 0; n < images.size(); ++n) {
    const auto nchw = std::span(tensor.data).subspan(n * size, size);
    if (!std::all_of(nchw.begin(), nchw.end(), [](float value) { return std::isfinite(value); }))
      return Invalid("{}: picture {} contains NaN or infinity", Printable(path), n);
    images[n] = {path, sha256, shape[2], shape[3], AlignedVector<float>(size), {}, 0, 0, 0};
    NchwToNhwc({.pixels = pixels}, nchw.data(), images[n].data.data());
  }
  return images;
}

}  // namespace convnext
