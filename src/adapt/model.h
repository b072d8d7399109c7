#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "eval/eval.h"

namespace convnext {

// The model of a run, opened and hashed once for all phases.
class JobModel {
 public:
  // image_size: nothing for the model's own.
  static Result<JobModel> Open(const std::string& path, const std::optional<ImageSize>& image_size);

  const std::shared_ptr<const ModelFile>& file() const { return file_; }
  const ModelFacts& facts() const { return facts_; }

  // kInvalid if the weights' file no longer holds the bytes that were hashed. It is hashed again only where its place,
  // size or times have changed.
  Status CheckUnchanged();

 private:
  // The system's facts of a file, which change with every write to it.
  struct FileState {
    uint64_t device = 0, inode = 0;
    int64_t bytes = 0, modified_ns = 0, changed_ns = 0;
    bool operator==(const FileState&) const = default;
  };
  static std::optional<FileState> StateOf(const std::string& path);

  std::shared_ptr<const ModelFile> file_;
  ModelFacts facts_;
  std::optional<FileState> state_;  // no later than the digest in facts_
};

}  // namespace convnext
