#include "python/python.h"

namespace convnext {
namespace {

Result<Engine> Open(EngineOptions options, const std::string& dtype) {
  const auto precision = FindPrecision(dtype);
  if (!precision)
    return Invalid("dtype \"{}\": expected float32 or bfloat16; on an NPU float32, float32-reduced or float16",
                   Printable(dtype));
  options.backend.dtype = *precision;
  CONVNEXT_RETURN_IF_ERROR(CheckBounds("batch size", options.batch_sizes.front(), kBatchSizes));
  return OpenEngine(options);
}

// threads: 0, those of this process.
nb::object Load(const std::string& path, const std::string& device, const std::string& dtype, int threads,
                const std::string& weights_cache, int64_t batch_size) {
  EngineOptions options;
  options.model_path = path;
  options.batch_sizes = {batch_size};
  options.backend.device = device;
  options.backend.threads = threads;
  options.backend.weights_cache = weights_cache;
  auto engine = [&] {
    const Away away;
    return Open(std::move(options), dtype);
  }();
  if (!engine.ok()) return MakeFailure(engine.status());
  const int decoding = threads > 0 ? threads : UsefulDecodeThreads(*engine);
  return nb::cast(PythonModel(*std::move(engine), decoding));
}

nb::dict Info(const PythonModel& model) {
  const DeviceFacts& device = model.engine().device();
  nb::dict info;
  info["device"] = device.device;
  info["dtype"] = device.dtype;
  info["simd_target"] = device.simd_target;
  info["threads"] = device.threads;
  info["weights_sha256"] = model.engine().model().weights_sha256;
  info["synthetic"] = model.engine().model().synthetic;
  info["embedding_dim"] = model.engine().embedding_dim();
  info["version"] = std::string(Version());
  return info;
}

// Normalised planes, float32 [3, H, W].
nb::object Planes(const Result<PreparedImage>& image) {
  if (!image.ok()) return MakeFailure(image.status());
  std::vector<float> planes(image->data.size());
  NhwcToNchw({.pixels = image->height * image->width}, image->data.data(), planes.data());
  return nb::cast(MakeArray(planes, {3, static_cast<size_t>(image->height), static_cast<size_t>(image->width)}));
}

template <class Prepare>
nb::object WithoutLock(const PythonModel& model, const Prepare& prepare) {
  const Result<PreparedImage> image = [&] {
    const Away away;
    return prepare(model.engine());
  }();
  return Planes(image);
}

nb::object PreparePath(const PythonModel& model, const std::string& path) {
  return WithoutLock(model, [&](const Engine& engine) { return engine.Prepare(path); });
}

nb::object PrepareBytes(const PythonModel& model, nb::handle object) {
  const Buffer buffer(object);
  return WithoutLock(model, [&](const Engine& engine) { return engine.Prepare(buffer.bytes(), "bytes"); });
}

Result<PreparedImage> PrepareRgb(const Engine& engine, std::span<const uint8_t> rgb, int width, int height) {
  const Preprocessing& preprocessing = engine.preprocessor().preprocessing();
  CONVNEXT_ASSIGN_OR_RETURN(const auto pixels,
                            ResizeAndCrop(Pixels{width, height, {rgb.begin(), rgb.end()}}, preprocessing));
  PreparedImage image;
  image.height = pixels.height;
  image.width = pixels.width;
  image.data.resize(pixels.data.size());
  Normalize(pixels, preprocessing, image.data);
  return image;
}

nb::object PreparePixels(const PythonModel& model, const PixelArray& pixels) {
  return WithoutLock(model, [&](const Engine& engine) {
    return PrepareRgb(engine, {pixels.data(), pixels.size()}, static_cast<int>(pixels.shape(1)),
                      static_cast<int>(pixels.shape(0)));
  });
}

}  // namespace

void AddModel(nb::module_& module) {
  nb::class_<PythonModel>(module, "Model")
      .def("is_here", &PythonModel::IsHere)
      .def("info", &Info)
      .def("config_json", [](const PythonModel& model) { return ConfigJson(model.engine().model().config); })
      .def("prepare_path", &PreparePath)
      .def("prepare_bytes", &PrepareBytes)
      .def("prepare_pixels", &PreparePixels, nb::arg().noconvert());
  module.def("load", &Load, nb::arg("path"), nb::arg("device"), nb::arg("dtype"), nb::arg("threads"),
             nb::arg("weights_cache"), nb::arg("batch_size"));
  module.def("available_cores", &AvailableCores);
}

}  // namespace convnext
