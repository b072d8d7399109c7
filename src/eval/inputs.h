#pragma once

#include <string>
#include <vector>

#include "engine/engine.h"
#include "eval/records.h"

namespace convnext {

inline constexpr const char* kImageFolder = "raw/images";

// A picture of an evaluation, ready for the model.
struct EvaluationInput {
  InputFacts facts;
  PreparedImage image;
};

struct InputOptions {
  std::vector<std::string> image_paths;  // pictures; empty: test images only
  int64_t count = 5;                     // so many inputs; test images stand in for those that are missing
  std::string output = ".";              // the pictures are kept in output/raw/images
};

// The pictures that `options` names, and test images where there are too few, as files of a bundle: path (in
// raw/images) and bytes. `generated` tells the test images.
struct SourcePicture {
  std::string path;
  std::string bytes;
  bool generated = false;
};
Result<std::vector<SourcePicture>> GatherPictures(const InputOptions& options);

// The pictures as the model reads them. Names in `facts` are paths in the bundle.
Result<std::vector<EvaluationInput>> PrepareInputs(const Engine& engine, const std::vector<SourcePicture>& pictures);

std::vector<InputFacts> FactsOf(const std::vector<EvaluationInput>& inputs);

}  // namespace convnext
