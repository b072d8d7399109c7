// Any bytes as an index of shards: read or refused. Shards that hold what it says are joined, and no others.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "convnext/weights/shard_index.h"
#include "target.h"

namespace {

using convnext::Safetensors;
using convnext::ShardIndex;
using convnext::Status;

using Names = std::map<std::string, std::vector<std::string>>;  // of the tensors, by shard

Names ShardsOf(const ShardIndex& index) {
  Names names;
  for (const auto& [tensor, file] : index.file_of) {
    Require(file.find('/') == std::string::npos && file.find('\\') == std::string::npos && file.size() > 11);
    names[file].push_back(tensor);
  }
  return names;
}

// A shard of empty tensors; nothing for a name that is the format's own or no UTF-8.
std::string ShardBytes(const std::vector<std::string>& tensors) {
  std::vector<convnext::TensorToWrite> to_write;
  for (const std::string& name : tensors) to_write.push_back({name, {0}, [](std::span<float>) {}});
  std::string bytes;
  const Status status = SerializeSafetensors({}, to_write, [&](std::span<const std::byte> piece) {
    bytes.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    return Status();
  });
  return status.ok() ? bytes : "";
}

// Joins shards in memory that hold `names`; `good` says whether the index must accept them.
void Join(const ShardIndex& index, const Names& names, bool good) {
  std::map<std::string, std::string> bytes;
  std::map<std::string, Safetensors> shards;
  for (const auto& [file, tensors] : names) {
    auto& text = bytes[file] = ShardBytes(tensors);
    auto shard = Safetensors::Parse(std::as_bytes(std::span(text)), file);
    if (!shard.ok()) return RequireGoodMessage(shard.status());
    if (shard->tensors().size() != tensors.size()) return;  // "__metadata__"
    shards.emplace(file, *std::move(shard));
  }
  const auto checkpoint = JoinShards(index, std::move(shards));
  Require(checkpoint.ok() == good);
  if (!good) return RequireGoodMessage(checkpoint.status());
  Require(checkpoint->tensors().size() == index.file_of.size() && checkpoint->shards().size() == names.size());
  for (const auto& entry : index.file_of) Require(checkpoint->Find(entry.first) != nullptr);
  Require(convnext::IsSha256Hex(checkpoint->Sha256()));
}

}  // namespace

FUZZ_TARGET(index) {
  const auto index = convnext::ParseShardIndex({reinterpret_cast<const char*>(data), size});
  if (!index.ok()) {
    RequireGoodMessage(index.status());
    return 0;
  }
  const Names names = ShardsOf(*index);
  Join(*index, names, true);
  Names less = names, more = names;
  less.begin()->second.pop_back();
  Join(*index, less, false);
  const std::string unknown = names.rbegin()->second.front() + "x";
  more.begin()->second.push_back(unknown);
  if (!index->file_of.contains(unknown)) Join(*index, more, false);
  return 0;
}
