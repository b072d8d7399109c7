#include "convnext/engine/embedding.h"

#include <algorithm>
#include <cmath>

namespace convnext {
namespace {

double L2Norm(std::span<const float> values) {
  double sum = 0;
  for (const float v : values) sum += static_cast<double>(v) * static_cast<double>(v);
  return std::sqrt(sum);
}

// As torch.nn.functional.normalize: a zero vector stays zero.
void DivideBy(double norm, std::span<float> values) {
  for (float& v : values) v = static_cast<float>(static_cast<double>(v) / std::max(norm, 1e-12));
}

}  // namespace

Status NotFinite() {
  return Invalid("the embedding is not finite: the model overflows on this picture").WithKind("embedding.not_finite");
}

Result<double> FinishEmbedding(std::span<float> embedding, bool normalize) {
  const double norm = L2Norm(embedding);
  if (!std::isfinite(norm)) return NotFinite();
  if (!normalize) return norm;
  DivideBy(norm, embedding);
  return L2Norm(embedding);
}

Status AppendEmbedding(std::span<float> embedding, bool normalize, EmbeddedImage image, InferenceResult& result) {
  CONVNEXT_ASSIGN_OR_RETURN(image.l2_norm, FinishEmbedding(embedding, normalize));
  result.embeddings.insert(result.embeddings.end(), embedding.begin(), embedding.end());
  result.images.push_back(std::move(image));
  return {};
}

}  // namespace convnext
