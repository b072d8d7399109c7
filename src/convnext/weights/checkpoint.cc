// A model's tensors from one file or from shards.
#include <algorithm>
#include <filesystem>
#include <functional>

#include "convnext/weights/shard_index.h"

namespace convnext {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxIndexBytes = size_t{16} << 20;  // as a header: 200 bytes a tensor
constexpr size_t kMaxShards = 1000;

bool IsPartOf(std::span<const std::byte> part, std::span<const std::byte> whole) {
  const std::less_equal<> before;  // pointers into different arrays compare too
  return before(whole.data(), part.data()) && before(part.data() + part.size(), whole.data() + whole.size());
}

bool IsBefore(const StoredTensor* tensor, std::string_view name) { return tensor->name < name; }

// How many tensors the index places in each shard.
std::map<std::string, size_t> CountTensors(const ShardIndex& index) {
  std::map<std::string, size_t> counts;
  for (const auto& entry : index.file_of) ++counts[entry.second];
  return counts;
}

// Whether the index places each tensor of a shard there.
Status CheckShard(const ShardIndex& index, const std::string& name, const Safetensors& shard) {
  for (const StoredTensor& tensor : shard.tensors()) {
    const auto place = index.file_of.find(tensor.name);
    if (place == index.file_of.end()) {
      return Invalid("{} holds the tensor \"{}\", which the index does not name: they do not belong together",
                     Printable(name), Printable(tensor.name));
    }
    if (place->second != name) {
      return Invalid("{} holds the tensor \"{}\", which the index places in {}: they do not belong together",
                     Printable(name), Printable(tensor.name), Printable(place->second));
    }
  }
  return {};
}

Status CheckShards(const ShardIndex& index, const std::map<std::string, Safetensors>& shards) {
  for (const auto& [name, shard] : shards) {
    CONVNEXT_RETURN_IF_ERROR(CheckShard(index, name, shard));
  }
  for (const auto& [tensor, name] : index.file_of) {
    const auto shard = shards.find(name);
    if (shard != shards.end() && shard->second.Find(tensor) != nullptr) continue;
    return Invalid("the index places the tensor \"{}\" in {}, which does not hold it: they do not belong together",
                   Printable(tensor), Printable(name));
  }
  return {};
}

Result<std::map<std::string, Safetensors>> OpenShards(const ShardIndex& index, const fs::path& directory) {
  const auto counts = CountTensors(index);
  if (counts.size() > kMaxShards) return Invalid("{} shards; at most {} are read", counts.size(), kMaxShards);
  std::map<std::string, Safetensors> shards;
  for (const auto& [name, count] : counts) {
    const fs::path path = directory / name;
    std::error_code ignored;
    if (fs::status(path, ignored).type() == fs::file_type::not_found) {
      return Invalid("the shard {} with {} is missing: get it too, and put it beside the index", Printable(name),
                     Pluralize(count, "tensor"));
    }
    CONVNEXT_ASSIGN_OR_RETURN(auto shard, Safetensors::Open(path.string()));
    shards.emplace(name, std::move(shard));
  }
  return shards;
}

Result<Checkpoint> OpenIndex(const std::string& path) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto bytes, ReadFile(path, kMaxIndexBytes));
  const auto index = ParseShardIndex({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (!index.ok()) return index.status().Prefixed(Printable(path));
  auto shards = OpenShards(*index, fs::path(path).parent_path());
  if (!shards.ok()) return shards.status().Prefixed(Printable(path));
  auto checkpoint = JoinShards(*index, *std::move(shards));
  if (!checkpoint.ok()) return checkpoint.status().Prefixed(Printable(path));
  return checkpoint;
}

}  // namespace

Checkpoint::Checkpoint(Safetensors file) {
  files_.push_back(std::move(file));
  ListTensors();
}

Result<Checkpoint> JoinShards(const ShardIndex& index, std::map<std::string, Safetensors>&& shards) {
  CONVNEXT_RETURN_IF_ERROR(CheckShards(index, shards));
  Checkpoint checkpoint;
  for (auto& [name, shard] : shards) {
    checkpoint.shards_.push_back(name);
    checkpoint.files_.push_back(std::move(shard));
  }
  checkpoint.ListTensors();
  return checkpoint;
}

Result<Checkpoint> Checkpoint::Open(const std::string& path) {
  if (path.ends_with(kShardIndexExtension)) return OpenIndex(path);
  CONVNEXT_ASSIGN_OR_RETURN(auto file, Safetensors::Open(path));
  return Checkpoint(std::move(file));
}

void Checkpoint::ListTensors() {
  for (const Safetensors& file : files_) {
    for (const StoredTensor& tensor : file.tensors()) tensors_.push_back(&tensor);
  }
  std::sort(tensors_.begin(), tensors_.end(),
            [](const StoredTensor* a, const StoredTensor* b) { return a->name < b->name; });
}

const StoredTensor* Checkpoint::Find(std::string_view name) const {
  const auto place = std::lower_bound(tensors_.begin(), tensors_.end(), name, IsBefore);
  return place != tensors_.end() && (*place)->name == name ? *place : nullptr;
}

std::string Checkpoint::Sha256() const {
  if (shards_.empty()) return files_.empty() ? "" : files_.front().Sha256();
  std::string lines;
  for (size_t i = 0; i < shards_.size(); ++i) lines += fmt::format("{}  {}\n", files_[i].Sha256(), shards_[i]);
  return convnext::Sha256(std::as_bytes(std::span(lines)));
}

std::vector<std::span<const std::byte>> Checkpoint::ZerosAtEnd() const {
  std::vector<std::span<const std::byte>> ends;
  for (const Safetensors& file : files_) {
    const auto bytes = file.file();
    const auto last = std::find_if(bytes.rbegin(), bytes.rend(), [](std::byte byte) { return byte != std::byte{0}; });
    ends.push_back(bytes.last(static_cast<size_t>(last - bytes.rbegin())));
  }
  return ends;
}

Status Checkpoint::CheckUnchanged() const {
  for (const Safetensors& file : files_) CONVNEXT_RETURN_IF_ERROR(file.CheckUnchanged());
  return {};
}

void Checkpoint::Release(const StoredTensor& tensor) const {
  for (const Safetensors& file : files_) {
    if (IsPartOf(tensor.bytes, file.file())) return file.Release(tensor);
  }
}

}  // namespace convnext
