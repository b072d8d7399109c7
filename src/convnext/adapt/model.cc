#include "convnext/adapt/model.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "convnext/eval/eval.h"

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
  model.states_ = model.States();
  ModelDescription description = DescribeModelFile(*model.file_);
  if (image_size) description.config.preprocessing.image_size = *image_size;
  model.facts_ = DescribeModel(description);
  return model;
}

std::vector<std::optional<JobModel::FileState>> JobModel::States() const {
  std::vector<std::optional<FileState>> states = {StateOf(file_->weights_path)};
  const auto directory = std::filesystem::path(file_->weights_path).parent_path();
  for (const std::string& shard : file_->file.shards()) states.push_back(StateOf((directory / shard).string()));
  return states;
}

Status JobModel::CheckUnchanged() {
  auto states = States();
  const bool all_there = std::all_of(states.begin(), states.end(), [](const auto& state) { return state.has_value(); });
  if (all_there && states == states_) return {};
  const std::string& path = file_->weights_path;
  const auto now = Checkpoint::Open(path);
  if (!now.ok() || now->Sha256() != facts_.weights_sha256) {
    return Invalid(
        "{}: the weights changed while they were being measured; what was measured last is not recorded. Run adapt "
        "again with the weights it began with, or with --force",
        Printable(path, 1000));
  }
  states_ = std::move(states);  // touched or copied: the same bytes
  return {};
}

}  // namespace convnext
