#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "convnext/facts/facts.h"
#include "convnext/model/model.h"

namespace convnext {

// The model of a run, opened and hashed once for all phases.
class JobModel {
 public:
  // image_size: nothing for the model's own.
  static Result<JobModel> Open(const std::string& path, const std::optional<ImageSize>& image_size);

  const std::shared_ptr<const ModelFile>& file() const { return file_; }
  const ModelFacts& facts() const { return facts_; }

  // kInvalid if the weights' files no longer hold the bytes that were hashed. They are hashed again only where the
  // place, size or times of one have changed.
  Status CheckUnchanged();

 private:
  // The system's facts of a file, which change with every write to it.
  struct FileState {
    uint64_t device = 0, inode = 0;
    int64_t bytes = 0, modified_ns = 0, changed_ns = 0;
    bool operator==(const FileState&) const = default;
  };
  static std::optional<FileState> StateOf(const std::string& path);
  // Of the weights' file, or of the index and its shards.
  std::vector<std::optional<FileState>> States() const;

  std::shared_ptr<const ModelFile> file_;
  ModelFacts facts_;
  std::vector<std::optional<FileState>> states_;  // no later than the digest in facts_
};

}  // namespace convnext
