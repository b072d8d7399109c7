#include "convnext/embed/committed.h"

#include <nlohmann/json.hpp>

#include "convnext/embed/layout.h"
#include "convnext/embed/unit_builder.h"
#include "convnext/json/json.h"

namespace convnext {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMaxCommitBytes = size_t{16} << 20;

CommittedUnit ReadFields(const Json& json) {
  CommittedUnit unit;
  unit.unit = json.at("unit");
  unit.rows = json.at("rows");
  unit.embedding_dim = json.at("embedding_dim");
  unit.plan_sha256 = json.at("plan_sha256");
  unit.store = json.at("store");
  unit.embeddings_sha256 = json.at("embeddings_sha256");
  unit.metadata_sha256 = json.at("metadata_sha256");
  if (!json.at("failures_sha256").is_null()) unit.failures_sha256 = json.at("failures_sha256");
  unit.failures = json.at("failures").get<std::map<std::string, int64_t>>();
  if (json.contains("warnings")) unit.warnings = json.at("warnings").get<std::vector<std::string>>();
  unit.identity = json.at("identity").dump();
  return unit;
}

}  // namespace

int64_t CommittedUnit::failed() const { return TotalOf(failures); }

Result<std::optional<CommittedUnit>> ReadCommitted(const std::string& output, int64_t unit, int64_t units) {
  const std::string path = output + "/" + PathsOfUnit(unit, units).commit;
  const auto bytes = ReadFile(path, kMaxCommitBytes);
  if (bytes.status().kind() == "file.missing") return std::optional<CommittedUnit>();
  if (!bytes.ok()) return bytes.status();
  const auto json = ParseJson({reinterpret_cast<const char*>(bytes->data()), bytes->size()});
  if (!json.ok()) return json.status().Prefixed(Printable(path, 1000));
  try {
    CommittedUnit read = ReadFields(*json);
    read.sha256 = Sha256(*bytes);
    return std::optional(std::move(read));
  } catch (const nlohmann::json::exception& error) {
    return Invalid("{}: not a commit of convnext embed ({}); remove it, and run the command again",
                   Printable(path, 1000), Printable(error.what()));
  }
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
