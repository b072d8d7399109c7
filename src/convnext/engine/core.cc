#include "convnext/engine/core.h"

namespace convnext {

ModelDescription DescribeModelFile(const ModelFile& file) {
  return {.config = file.config,
          .weights_path = file.weights_path,
          .weights_sha256 = file.file.Sha256(),
          .synthetic = file.synthetic};
}

Engine::Engine(std::shared_ptr<const Program> program, std::shared_ptr<const ModelDescription> model,
               const Preprocessor& preprocessor, double load_seconds, double hash_seconds)
    : program_(std::move(program)),
      model_(std::move(model)),
      preprocessor_(preprocessor),
      load_seconds_(load_seconds),
      hash_seconds_(hash_seconds) {}

Result<Engine> Engine::Open(const Backend& backend, const EngineOptions& options) {
  if (options.open_model) return Load(backend, *options.open_model, options);
  const Stopwatch stopwatch;
  CONVNEXT_ASSIGN_OR_RETURN(const auto file, OpenModel(options.model_path));
  auto engine = Load(backend, file, options);
  if (engine.ok())
    engine->load_seconds_ = stopwatch.Seconds() - engine->hash_seconds_ - engine->program_->CompileSeconds();
  return engine;
}

Result<Engine> Engine::Load(const Backend& backend, const ModelFile& file, const EngineOptions& options) {
  const ImageSize size = options.image_size.value_or(file.config.preprocessing.image_size);
  if (Status status = CheckImageSize(size); !status.ok()) return status.Prefixed("image size");
  const Stopwatch load;
  CONVNEXT_ASSIGN_OR_RETURN(auto program,
                            backend.Load(file, {.image_size = size,
                                                .batch_sizes = options.batch_sizes,
                                                .normalization = MakeNormalizationTable(file.config.preprocessing),
                                                .progress = options.progress}));
  const double load_seconds = load.Seconds() - program->CompileSeconds();
  const Stopwatch hash;
  ModelDescription model = DescribeModelFile(file);
  const double hash_seconds = hash.Seconds();
  CONVNEXT_RETURN_IF_ERROR(file.file.CheckUnchanged());
  model.config.preprocessing.image_size = size;
  Preprocessor preprocessor(model.config.preprocessing, options.decode);
  return Engine(std::move(program), std::make_shared<const ModelDescription>(std::move(model)), preprocessor,
                load_seconds, hash_seconds);
}

Result<RunReport> Engine::Embed(const ImageBatch& images, std::span<float> embeddings, const Tap<float>& tap) const {
  CONVNEXT_ASSIGN_OR_RETURN(const auto session, NewSession());
  return session->Run(images, {.embeddings = embeddings}, {.tap = tap});
}

}  // namespace convnext
