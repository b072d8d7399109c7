#include "adapt/model.h"

#include <sys/stat.h>

namespace convnext {
namespace {

int64_t InNanoseconds(const timespec& time) { return int64_t{1'000'000'000} * time.tv_sec + time.tv_nsec; }

}  // namespace

std::optional<JobModel::FileState> JobModel::StateOf(const std::string& path) {
  struct stat state {};
  if (::stat(path.c_str(), &state) != 0) return std::nullopt;
  return FileState{state.st_dev, state.st_ino, state.st_size, InNanoseconds(state.st_mtim),
                   InNanoseconds(state.st_ctim)};
}

Result<JobModel> JobModel::Open(const std::string& path, const std::optional<ImageSize>& image_size) {
  CONVNEXT_ASSIGN_OR_RETURN(auto file, OpenModel(path));
  JobModel model;
  model.file_ = std::make_shared<const ModelFile>(std::move(file));
  model.state_ = StateOf(model.file_->weights_path);
  ModelDescription description = DescribeModelFile(*model.file_);
  if (image_size) description.config.preprocessing.image_size = *image_size;
  model.facts_ = DescribeModel(description);
  return model;
}

Status JobModel::CheckUnchanged() {
  const std::string& path = file_->weights_path;
  const auto state = StateOf(path);
  if (state && state == state_) return {};
  const auto now = MappedFile::Open(path);
  const auto release = [&now](std::span<const std::byte> piece) { now->Release(piece); };
  if (!now.ok() || Sha256(now->bytes(), release) != facts_.weights_sha256) {
    return Invalid(
        "{}: the weights changed while they were being measured; what was measured last is not recorded. Run adapt "
        "again with the weights it began with, or with --force",
        Printable(path, 1000));
  }
  state_ = state;  // touched or copied: the same bytes
  return {};
}

}  // namespace convnext
