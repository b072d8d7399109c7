#include "convnext/eval/model_facts.h"

#include <filesystem>

namespace convnext {
namespace {

// `path` relative to the working directory; only its last part if it lies elsewhere. Links are not followed: they would
// tell where on this machine the model is kept.
std::string PathInRecords(const std::string& path) {
  std::error_code error;
  const auto here = std::filesystem::current_path(error);
  const std::filesystem::path given(path);
  const auto relative = (given.is_absolute() ? given : here / given).lexically_normal().lexically_relative(here);
  const bool inside = !error && !relative.empty() && *relative.begin() != "..";
  return Printable((inside ? relative : given.filename()).generic_string(), 1000);
}

}  // namespace

ModelFacts DescribeModel(const ModelDescription& model) {
  const ModelConfig& config = model.config;
  return {.name = config.name(),
          .weights_path = PathInRecords(model.weights_path),
          .weights_sha256 = model.weights_sha256,
          .tensors = static_cast<int64_t>(ExpectedTensors(config).size()),
          .parameters = ParameterCount(config),
          .image_size = config.preprocessing.image_size,
          .embedding_dim = config.embedding_dim(),
          .synthetic = model.synthetic,
          .config = ConfigJson(config),
          .notes = config.notes};
}

}  // namespace convnext
