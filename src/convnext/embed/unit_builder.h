// The rows and failures of one unit, until it is committed.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "convnext/embed/decode_pool.h"

namespace convnext {

enum class StoredType { kFloat32, kFloat16 };
const char* Name(StoredType type);  // "float32"

// How many pictures failed, by kind.
using FailureCounts = std::map<std::string, int64_t>;
int64_t TotalOf(const FailureCounts& failures);
std::string FailureText(const FailureCounts& failures);  // "1 picture.empty, 2 file.missing"; "no failures"
// The kind of a failure as it is written down; "failed" where nobody has said.
std::string KindOf(const Status& failure);

class UnitBuilder {
 public:
  UnitBuilder(int64_t unit, int64_t embedding_dim, StoredType store)
      : unit_(unit), dim_(embedding_dim), store_(store) {}

  int64_t unit() const { return unit_; }

  // The next of the unit's inputs, in their order.
  void AddRow(const DecodedItem& decoded, std::span<const float> embedding);
  void AddFailure(const EmbedItem& item, const Status& problem);
  // What the archive says at its end.
  void AddEnd(const EmbedItem& item);

  // Writes the files of the unit, the commit last: it exists then. One that another process has committed is left as it
  // is. `plan` is the digest of plan.json.
  Status Commit(const std::string& output, int64_t units, const std::string& plan, const std::string& identity) const;

 private:
  void AddFailureLine(nlohmann::ordered_json line, const std::optional<int64_t>& offset, const Status& problem);

  const int64_t unit_, dim_;
  const StoredType store_;
  std::string embeddings_;  // bytes as they are stored
  std::string metadata_, failures_;
  std::vector<std::string> warnings_;
  int64_t rows_ = 0;
  FailureCounts counts_;  // of the lines of failures_
};

}  // namespace convnext
