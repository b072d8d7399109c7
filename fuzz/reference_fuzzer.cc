// Any bytes as the JSON beside reference embeddings: read or refused; what is read is safe to print and to count on,
// and agrees with itself as a match.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "convnext/facts/reference_file.h"
#include "target.h"

namespace {

using convnext::InputFacts;
using convnext::ReferenceFile;

// Matches the reference with a run over the same pictures with the same weights.
void CheckMatch(ReferenceFile& reference) {
  convnext::ModelFacts model;
  model.weights_sha256 = reference.weights_sha256;
  model.embedding_dim = 20;
  reference.embeddings.shape = {static_cast<int64_t>(reference.inputs.size()), 20};
  std::vector<InputFacts> inputs;
  for (const auto& input : reference.inputs) {
    InputFacts& facts = inputs.emplace_back();
    facts.path = input.name;
    facts.file_sha256 = input.file_sha256;
    facts.tensor_sha256 = input.tensor_sha256;
  }
  Require(MatchReference(reference, model, inputs).ok());
  inputs.back().tensor_sha256 = "another";
  RequireGoodMessage(MatchReference(reference, model, inputs));
  inputs.back().file_sha256 = "another";
  RequireGoodMessage(MatchReference(reference, model, inputs));
}

}  // namespace

FUZZ_TARGET(reference) {
  auto reference = convnext::ParseReferenceJson({reinterpret_cast<const char*>(data), size});
  if (!reference.ok()) {
    RequireGoodMessage(reference.status());
    return 0;
  }
  Require(!reference->inputs.empty() && reference->inputs.size() <= 100'000);
  Require(reference->facts.file_sha256 && convnext::IsSha256Hex(*reference->facts.file_sha256));
  Require(convnext::Printable(reference->facts.device.device) == reference->facts.device.device);
  CheckMatch(*reference);
  return 0;
}
