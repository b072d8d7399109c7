#include "convnext/embed/layout.h"

#include <fmt/format.h>

#include <algorithm>

namespace convnext {

UnitPaths PathsOfUnit(int64_t unit, int64_t units) {
  const size_t digits = std::max<size_t>(5, std::to_string(units - 1).size());
  const std::string number = fmt::format("{:0{}}", unit, digits);
  return {.embeddings = "img_emb/img_emb_" + number + ".npy",
          .metadata = "metadata/metadata_" + number + ".jsonl",
          .failures = "failures/" + number + ".jsonl",
          .commit = "units/" + number + ".json",
          .inputs = "inputs/" + number + ".jsonl"};
}

}  // namespace convnext
