#include "convnext/eval/inference_record.h"

#include "convnext/eval/model_facts.h"
#include "convnext/facts/facts.h"

namespace convnext {
namespace {

// result.embeddings as [images, D].
Tensor<double> EmbeddingMatrix(const InferenceResult& result) {
  return {{static_cast<int64_t>(result.images.size()), result.embedding_dim},
          AlignedVector<double>(result.embeddings.begin(), result.embeddings.end())};
}

}  // namespace

InferenceRecord DescribeInference(const Engine& engine, const InferenceOptions& options, const InferenceResult& result,
                                  const Window& window) {
  InferenceRecord record;
  record.tool = CurrentTool();
  record.launcher = CurrentLauncher(ThisMachine());
  record.model = DescribeModel(engine.model());
  record.device = engine.device();
  record.window = window;
  for (const EmbeddedImage& image : result.images) {
    record.inputs.push_back({.path = image.path,
                             .file_sha256 = image.sha256,
                             .tensor_sha256 = "",  // the evidence has it (FactsOf)
                             .height = image.height,
                             .width = image.width,
                             .generated = false,
                             .warnings = image.warnings,
                             .turned = image.turned});
  }
  record.batch_size = options.batch_size;
  record.normalize = options.normalize;
  record.load_ns = Nanoseconds(engine.load_seconds());
  record.decode_ns = Nanoseconds(result.decode_seconds);
  record.resize_ns = Nanoseconds(result.resize_seconds);
  record.model_ns = Nanoseconds(result.model_seconds);
  for (const FailedImage& image : result.failed) record.failed.emplace_back(image.path, image.status.message());
  return record;
}

Result<InferenceRun> MeasureInference(const EngineOptions& engine_options, InferenceOptions options,
                                      const std::vector<SourcePicture>& pictures) {
  const WindowTimer timer;
  options.fail_fast = true;
  EngineOptions opening = engine_options;
  opening.batch_sizes = {options.batch_size};
  CONVNEXT_ASSIGN_OR_RETURN(auto engine, OpenEngine(opening));
  CONVNEXT_ASSIGN_OR_RETURN(auto inputs, PrepareInputs(engine, pictures));
  std::vector<PreparedImage> images;
  images.reserve(inputs.size());
  for (EvaluationInput& input : inputs) images.push_back(std::move(input.image));
  CONVNEXT_ASSIGN_OR_RETURN(const auto result, EmbedImages(engine, options, std::move(images)));
  InferenceRun run{DescribeInference(engine, options, result, timer.Finish()), EmbeddingMatrix(result)};
  run.record.inputs = FactsOf(inputs);
  return run;
}

}  // namespace convnext
