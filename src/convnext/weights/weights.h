// Safetensors files (https://github.com/huggingface/safetensors#format): named tensors; nothing else knows the format.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "convnext/base/base.h"
#include "convnext/tensor/tensor.h"

namespace convnext {

// One tensor as it is stored. `bytes` lies in the mapped file, at any alignment, little-endian, row-major.
struct StoredTensor {
  std::string name;
  std::string dtype;  // the format's own name: "F32", "F16", "BF16", ...
  Shape shape;
  std::span<const std::byte> bytes;
};

struct ShardIndex;

// A safetensors file, mapped into memory and checked: every name once, every tensor inside the file, as large as its
// shape and dtype say, without overlap or hole.
class Safetensors {
 public:
  static Result<Safetensors> Open(const std::string& path);
  // The same for bytes in memory, which must outlive the object. `source` names them in messages.
  static Result<Safetensors> Parse(std::span<const std::byte> file, const std::string& source);

  const std::vector<StoredTensor>& tensors() const { return tensors_; }  // in the order of their names
  const StoredTensor* Find(std::string_view name) const;                 // nullptr if there is none
  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  std::span<const std::byte> file() const { return file_; }
  // kInvalid if the file was written to since it was opened (MappedFile::CheckUnchanged).
  Status CheckUnchanged() const { return mapping_ ? mapping_->CheckUnchanged() : Status(); }
  // The digest of the whole file, computed when it is first asked for.
  const std::string& Sha256() const;
  // For a tensor that has been read: takes its pages of the mapped file out of memory. They may be read again.
  void Release(const StoredTensor& tensor) const { Release(tensor.bytes); }

 private:
  void Release(std::span<const std::byte> bytes) const;

  std::optional<MappedFile> mapping_;  // holds `file_` when it came from Open
  std::span<const std::byte> file_;
  std::vector<StoredTensor> tensors_;
  std::map<std::string, std::string> metadata_;
  struct Digest {
    std::once_flag once;
    std::string text;
  };
  std::unique_ptr<Digest> digest_ = std::make_unique<Digest>();
};

inline constexpr std::string_view kShardIndexExtension = ".index.json";

// The tensors of a model: those of a safetensors file, or of several ("shards") that an index names.
class Checkpoint {
 public:
  Checkpoint() = default;
  Checkpoint(Safetensors file);  // a model in one file
  // Opens FILE.safetensors, or all shards of an index, FILE.index.json, which lie beside it. Index and shards must tell
  // the same: each tensor lies in the one shard that the index names, and no shard holds another.
  static Result<Checkpoint> Open(const std::string& path);

  const std::vector<const StoredTensor*>& tensors() const { return tensors_; }  // of all files, in the order of names
  const StoredTensor* Find(std::string_view name) const;                        // nullptr if there is none
  const std::vector<Safetensors>& files() const { return files_; }
  // The names of the shards, in the order of files(); empty for a model in one file.
  const std::vector<std::string>& shards() const { return shards_; }
  // The digest of the file. That of shards is the digest of what `sha256sum` says of them, in the order of their names:
  // a line "DIGEST  NAME" for each.
  std::string Sha256() const;
  // Of each file, the bytes at its end that are zero.
  std::vector<std::span<const std::byte>> ZerosAtEnd() const;
  // As Safetensors::Release.
  void Release(const StoredTensor& tensor) const;
  // kInvalid if one of the files was written to since it was opened.
  Status CheckUnchanged() const;

 private:
  friend Result<Checkpoint> JoinShards(const ShardIndex& index, std::map<std::string, Safetensors>&& shards);
  void ListTensors();

  std::vector<Safetensors> files_;
  std::vector<std::string> shards_;
  std::vector<const StoredTensor*> tensors_;  // in `files_`
};

// Whether ToFloat32 reads `dtype`: F64, F32, F16 or BF16.
bool IsFloatDtype(std::string_view dtype);

// Converts an F64 tensor (rounding to nearest, ties to even) or an F32, F16 or BF16 one (exactly) to float32. kInvalid,
// naming the tensor, for another dtype, or if a value is NaN, infinite or too large for float32. `output` has the
// tensor's number of elements.
Status ToFloat32(const StoredTensor& tensor, std::span<float> output);

// A tensor to be written: `fill` makes its values when its turn comes, so that only one is in memory. They are stored
// as `dtype`, one of those that ToFloat32 reads, rounded to nearest with ties to even.
struct TensorToWrite {
  std::string name;
  Shape shape;
  std::function<void(std::span<float>)> fill;
  std::string dtype = "F32";
};

// Gives `write` the file's bytes, the tensors in the given order.
Status SerializeSafetensors(const std::map<std::string, std::string>& metadata,
                            const std::vector<TensorToWrite>& tensors, const WriteBytes& write);

// The same to a file, which is written whole or not at all.
Status WriteSafetensors(const std::string& path, const std::map<std::string, std::string>& metadata,
                        const std::vector<TensorToWrite>& tensors);

}  // namespace convnext
