#include "convnext/embed/committed.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "convnext/embed/json_count.h"
#include "convnext/embed/layout.h"
#include "convnext/embed/unit_builder.h"
#include "convnext/json/json.h"

namespace convnext {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMaxCommitBytes = size_t{16} << 20;

CommittedUnit ReadFields(const Json& json) {
  CommittedUnit unit;
  unit.unit = ReadCount(json.at("unit"));
  unit.rows = ReadCount(json.at("rows"));
  unit.embedding_dim = ReadCount(json.at("embedding_dim"));
  unit.plan_sha256 = json.at("plan_sha256");
  unit.store = json.at("store");
  unit.embeddings_sha256 = json.at("embeddings_sha256");
  unit.metadata_sha256 = json.at("metadata_sha256");
  if (!json.at("failures_sha256").is_null()) unit.failures_sha256 = json.at("failures_sha256");
  for (const auto& [kind, count] : json.at("failures").items()) unit.failures[kind] = ReadCount(count);
  if (json.contains("warnings")) unit.warnings = json.at("warnings").get<std::vector<std::string>>();
  unit.identity = json.at("identity").dump();
  return unit;
}

// Each count is bounded, so that sums over units stay in 64 bits. An archive itself may be a failure as well.
bool IsSound(const CommittedUnit& unit) {
  constexpr Bounds<int64_t> kCounts{0, kRowsOfUnits.largest + 1};
  const bool failures = std::all_of(unit.failures.begin(), unit.failures.end(),
                                    [&kCounts](const auto& entry) { return kCounts.Contains(entry.second); });
  return failures && unit.unit >= 0 && kCounts.Contains(unit.rows) && unit.embedding_dim >= 0;
}

}  // namespace

Result<CommittedUnit> ParseCommitted(std::string_view text) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto json, ParseJson(text));
  try {
    CommittedUnit unit = ReadFields(json);
    if (!IsSound(unit)) return Invalid("a count is out of bounds; remove it, and run the command again");
    return unit;
  } catch (const nlohmann::json::exception& error) {
    return Invalid("not a commit of convnext embed ({}); remove it, and run the command again",
                   Printable(error.what()));
  }
}

int64_t CommittedUnit::failed() const { return TotalOf(failures); }

Result<std::optional<CommittedUnit>> ReadCommitted(const std::string& output, int64_t unit, int64_t units) {
  const std::string path = output + "/" + PathsOfUnit(unit, units).commit;
  const auto bytes = ReadFile(path, kMaxCommitBytes);
  if (bytes.status().kind() == "file.missing") return std::optional<CommittedUnit>();
  if (!bytes.ok()) return bytes.status();
  auto committed = ParseCommitted({reinterpret_cast<const char*>(bytes->data()), bytes->size()});
  if (!committed.ok()) return committed.status().Prefixed(Printable(path, 1000));
  committed->sha256 = Sha256(*bytes);
  return std::optional(*std::move(committed));
}

Result<EmbedStatus> ReadStatus(const std::string& output, const Plan& plan) {
  EmbedStatus status;
  status.units = plan.size();
  status.inputs = plan.inputs_count();
  for (int64_t i = 0; i < plan.size(); ++i) {
    CONVNEXT_ASSIGN_OR_RETURN(const auto unit, ReadCommitted(output, i, plan.size()));
    if (!unit) {
      status.missing.push_back(i);
      continue;
    }
    ++status.units_done;
    status.inputs_done += plan.units[static_cast<size_t>(i)].count;
    status.rows += unit->rows;
    for (const auto& [kind, times] : unit->failures) status.failures[kind] += times;
    status.warnings.insert(status.warnings.end(), unit->warnings.begin(), unit->warnings.end());
  }
  return status;
}

}  // namespace convnext
