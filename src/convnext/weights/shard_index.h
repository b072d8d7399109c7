#pragma once

#include <map>
#include <string>
#include <string_view>

#include "convnext/weights/weights.h"

namespace convnext {

// The content of an index of shards (model.safetensors.index.json, as huggingface_hub and transformers write it).
struct ShardIndex {
  std::map<std::string, std::string> file_of;  // the shard's name by the tensor's
};

// Parses the untrusted text of an index. A shard is named by a plain file name that ends with .safetensors.
Result<ShardIndex> ParseShardIndex(std::string_view text);

// The tensors of `shards`, by their names: exactly those that the index names. kInvalid if index and shards differ.
Result<Checkpoint> JoinShards(const ShardIndex& index, std::map<std::string, Safetensors>&& shards);

}  // namespace convnext
