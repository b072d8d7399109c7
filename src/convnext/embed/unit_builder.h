// The rows and failures of one unit, until it is committed.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "convnext/embed/decode_pool.h"

namespace convnext {

enum class StoredType { kFloat32, kFloat16 };
const char* Name(StoredType type);  // "float32"

struct UnitCounts {
  int64_t rows = 0;
  std::map<std::string, int64_t> failures;  // by kind
};

class UnitBuilder {
 public:
  UnitBuilder(int64_t unit, int64_t embedding_dim, StoredType store)
      : unit_(unit), dim_(embedding_dim), store_(store) {}

  int64_t unit() const { return unit_; }
  const UnitCounts& counts() const { return counts_; }

  // The next of the unit's inputs, in their order.
  void AddRow(const DecodedItem& decoded, std::span<const float> embedding);
  void AddFailure(const EmbedItem& item, const Status& problem);
  // What the archive says at its end.
  void AddEnd(const EmbedItem& item);

  // Writes the files of the unit, the commit last: it exists then. One that another process has committed is left as it
  // is. `plan` is the digest of plan.json.
  Status Commit(const std::string& output, int64_t units, const std::string& plan, const std::string& identity) const;

 private:
  const int64_t unit_, dim_;
  const StoredType store_;
  std::string embeddings_;  // bytes as they are stored
  std::string metadata_, failures_;
  std::vector<std::string> warnings_;
  UnitCounts counts_;
};

}  // namespace convnext
