// Parts of RunInference. Internal to engine/.
#pragma once

#include "convnext/engine/inference.h"

namespace convnext {

// Adds the embedding of `image`, divided by its L2 norm if asked for. kInvalid where it is not finite.
Status AppendEmbedding(std::span<float> embedding, bool normalize, EmbeddedImage image, InferenceResult& result);

// Of an embedding with NaN or an infinity.
Status NotFinite();

// RunInference where options.taps asks for activations: sequential, as they need much more room than embeddings.
Result<InferenceResult> EmbedWithTaps(const Engine& engine, const InferenceOptions& options);

}  // namespace convnext
