#pragma once

#include <span>
#include <string>
#include <vector>

#include "convnext/facts/records.h"

namespace convnext {

// The first numbers of an embedding are shown as a sample.
inline constexpr size_t kSampleSize = 8;

// What the documents of an inference show of an embedding, rounded.
struct EmbeddingNumbers {
  double l2_norm = 0;
  std::vector<double> sample;
};
EmbeddingNumbers NumbersOf(std::span<const double> embedding);
EmbeddingNumbers NumbersOf(std::span<const float> embedding);

// inference.json: the fields of the Python adaptation this program replaces, in its order and rounding, then ours.
// embeddings: one for each of the record's inputs.
std::string InferenceJson(const InferenceRecord& record, std::span<const EmbeddingNumbers> embeddings);

// inference.log: the adaptation's lines, then ours.
std::string InferenceLog(const InferenceRecord& record, std::span<const EmbeddingNumbers> embeddings);

}  // namespace convnext
