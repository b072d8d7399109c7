#pragma once

#include <string>
#include <vector>

#include "convnext/engine.h"
#include "convnext/facts/facts.h"

namespace convnext {

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

// The pictures that `options` names, and test images where there are too few.
Result<std::vector<SourcePicture>> GatherPictures(const InputOptions& options);

// The pictures as the model reads them. Names in `facts` are paths in the bundle.
Result<std::vector<EvaluationInput>> PrepareInputs(const Engine& engine, const std::vector<SourcePicture>& pictures);

std::vector<InputFacts> FactsOf(const std::vector<EvaluationInput>& inputs);

}  // namespace convnext
