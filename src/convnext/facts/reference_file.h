#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "convnext/facts/records.h"
#include "convnext/tensor/tensor.h"

namespace convnext {

// A picture that the reference was made of.
struct ReferenceInput {
  std::string name;  // of the file, without its directory
  std::string file_sha256;
  std::string tensor_sha256;   // as in InputFacts
  std::vector<int64_t> shape;  // [3, H, W]
};

// Embeddings that another program made of the same model and pictures (tools/timm_reference.py, on a CPU or GPU), and
// what it says about them.
struct ReferenceFile {
  Tensor<double> embeddings;  // [N, D]
  ReferenceFacts facts;       // file_sha256 is that of FILE.npy
  std::vector<ReferenceInput> inputs;
  std::string model;  // "convnext_base.clip_laion2b"
  std::string weights_sha256;
};

// Reads FILE.npy and FILE.json beside it. kInvalid if either is not what the tool writes or they do not belong
// together.
Result<ReferenceFile> ReadReferenceFile(const std::string& npy_path);

// The JSON part alone, from an untrusted source: no embeddings yet.
Result<ReferenceFile> ParseReferenceJson(std::string_view text);

// kInvalid, saying what differs, unless the reference was made of these weights and these pictures, in this order.
Status MatchReference(const ReferenceFile& reference, const ModelFacts& model, std::span<const InputFacts> inputs);

}  // namespace convnext
