#include "engine/session.h"

#include <algorithm>
#include <cmath>

namespace convnext {
namespace {

constexpr size_t kMaxPictureBytes = size_t{1} << 30;

Status CheckSize(int64_t height, int64_t width) {
  if (kImageSizes.Contains(height) && kImageSizes.Contains(width)) return {};
  return Invalid("a picture of {}x{}; the model reads {} to {} pixels a side", height, width, kMinImageSize,
                 kMaxImageSize);
}

Result<LoadedPixels> DecodePixels(std::span<const std::byte> file, const std::string& source,
                                  const Preprocessing& preprocessing, const DecodeOptions& options) {
  const Stopwatch decode;
  auto decoded = DecodeImage(file, options);
  if (!decoded.ok()) return decoded.status().Prefixed(Printable(source, 1000));
  const double decode_seconds = decode.Seconds();
  const Stopwatch resize;
  auto pixels = ResizeAndCrop(decoded->pixels, preprocessing);
  if (!pixels.ok()) return pixels.status().Prefixed(Printable(source, 1000));
  return LoadedPixels{*std::move(decoded), *std::move(pixels), Sha256(file), decode_seconds, resize.Seconds()};
}

}  // namespace

ModelDescription DescribeModelFile(const ModelFile& file) {
  return {.config = file.config,
          .weights_path = file.weights_path,
          .weights_sha256 = file.file.Sha256(),
          .synthetic = file.synthetic};
}

Result<Engine> Engine::Open(const EngineOptions& options) {
  if (options.open_model) return Load(*options.open_model, options);
  CONVNEXT_ASSIGN_OR_RETURN(const auto backend, MakeBackend(options.backend));
  const Stopwatch stopwatch;
  CONVNEXT_ASSIGN_OR_RETURN(const auto file, OpenModel(options.model_path));
  auto engine = LoadWithBackend(*backend, file, options);
  if (engine.ok()) {
    engine->load_seconds_ = stopwatch.Seconds() - engine->hash_seconds_ - engine->session_->CompileSeconds();
  }
  return engine;
}

Result<Engine> Engine::Load(const ModelFile& file, const EngineOptions& options) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto backend, MakeBackend(options.backend));
  return LoadWithBackend(*backend, file, options);
}

Result<Engine> Engine::LoadWithBackend(const Backend& backend, const ModelFile& file, const EngineOptions& options) {
  const ImageSize size = options.image_size.value_or(file.config.preprocessing.image_size);
  if (Status status = CheckSize(size.height, size.width); !status.ok()) return status.Prefixed("image size");
  const Stopwatch load;
  CONVNEXT_ASSIGN_OR_RETURN(auto session, backend.Load(file, {size, options.batch_sizes, options.progress}));

  Engine engine;
  engine.session_ = std::move(session);
  engine.load_seconds_ = load.Seconds() - engine.session_->CompileSeconds();
  engine.device_ = engine.session_->Describe();
  engine.decode_ = options.decode;
  const Stopwatch hash;
  engine.model_ = DescribeModelFile(file);
  engine.hash_seconds_ = hash.Seconds();
  CONVNEXT_RETURN_IF_ERROR(file.file.CheckUnchanged());
  engine.model_.config.preprocessing.image_size = size;
  return engine;
}

Result<PreparedImage> Engine::Prepare(const std::string& path) const {
  CONVNEXT_ASSIGN_OR_RETURN(const auto file, ReadFile(path, kMaxPictureBytes));
  return Prepare(file, path);
}

Result<PreparedImage> Engine::Prepare(std::span<const std::byte> file, const std::string& source) const {
  return PrepareImage(file, source, model_.config.preprocessing, decode_);
}

Status Engine::Embed(const ImageBatch& images, std::span<float> embeddings, const Tap<float>& tap) {
  CONVNEXT_RETURN_IF_ERROR(CheckSize(images.H, images.W));
  const auto pixels = static_cast<size_t>(images.N * images.H * images.W);
  if (images.N < 1 || images.data.size() != pixels * 3 ||
      embeddings.size() != static_cast<size_t>(images.N * embedding_dim())) {
    return Internal("{} pictures of {}x{}: {} values in, {} out", images.N, images.H, images.W, images.data.size(),
                    embeddings.size());
  }
  return session_->Run(images, embeddings, tap);
}

Result<LoadedPixels> LoadPixels(const std::string& path, const Preprocessing& preprocessing,
                                const DecodeOptions& options) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto file, ReadFile(path, kMaxPictureBytes));
  return DecodePixels(file, path, preprocessing, options);
}

Result<PreparedImage> PrepareImage(std::span<const std::byte> file, const std::string& source,
                                   const Preprocessing& preprocessing, const DecodeOptions& options) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto loaded, DecodePixels(file, source, preprocessing, options));
  const Pixels& pixels = loaded.pixels;
  const Stopwatch stopwatch;
  AlignedVector<float> data(pixels.data.size());
  Normalize(pixels, preprocessing, data);
  return PreparedImage{.path = source,
                       .sha256 = loaded.sha256,
                       .height = pixels.height,
                       .width = pixels.width,
                       .data = std::move(data),
                       .warnings = loaded.decoded.warnings,
                       .turned = loaded.decoded.turned ? loaded.decoded.orientation : 0,
                       .decode_seconds = loaded.decode_seconds,
                       .resize_seconds = loaded.resize_seconds + stopwatch.Seconds()};
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
  if (Status status = CheckSize(shape[2], shape[3]); !status.ok()) return status.Prefixed(Printable(path));
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
