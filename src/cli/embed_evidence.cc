#include "cli/embed_evidence.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "cli/print.h"
#include "convnext/eval/eval.h"

namespace convnext::cli {
namespace {

namespace fs = std::filesystem;

// Another process may record its own part of the same work.
constexpr double kEvidenceSeconds = 60;
constexpr size_t kMaxUnitsFileBytes = size_t{64} << 20;
constexpr size_t kMostDifferences = 100;

EmbeddingRecord DescribeEngine(const Engine& engine) {
  EmbeddingRecord record;
  record.tool = CurrentTool();
  record.launcher = CurrentLauncher(ThisMachine());
  record.model = DescribeModel(engine.model());
  record.device = engine.device();
  record.load_ns = Nanoseconds(engine.load_seconds());
  return record;
}

// Rows inside a bundle would be files that no bundle has.
Status CheckOutputOutside(const std::string& output, const std::string& directory) {
  std::error_code error;
  const fs::path inside =
      fs::weakly_canonical(output, error).lexically_relative(fs::weakly_canonical(directory, error));
  if (error || inside.empty() || *inside.begin() == "..") return {};
  if (inside != "." && IsIgnored(inside.generic_string(), true)) return {};
  return Invalid("--output {0} lies in --evidence {1}, whose files are a bundle's; choose another, as {1}/{2}/embedded",
                 Printable(output, 1000), Printable(directory, 1000), kOwnRunFolder);
}

// The units that are committed, by whichever process.
Result<std::vector<EmbeddedUnit>> ListUnits(const std::string& output, const Plan& plan) {
  std::vector<EmbeddedUnit> units;
  for (int64_t i = 0; i < plan.size(); ++i) {
    CONVNEXT_ASSIGN_OR_RETURN(const auto unit, ReadCommitted(output, i, plan.size()));
    if (!unit) continue;
    if (unit->unit != i || unit->plan_sha256 != plan.sha256) {
      return Invalid("{}/{}: of another plan or unit; convnext embed --verify {} says what to do",
                     Printable(output, 1000), PathsOfUnit(i, plan.size()).commit, Printable(output, 1000));
    }
    units.push_back({i, plan.units[static_cast<size_t>(i)].count, unit->rows, unit->failures, unit->sha256});
  }
  return units;
}

struct RecordedUnits {
  EmbeddingRecord record;
  std::vector<EmbeddedUnit> units;
};

Result<RecordedUnits> ReadRecordedUnits(const std::string& directory) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto log, ReadRunLog(directory));
  const RunLogEntry* entry = log.Last(kEmbeddingEvent);
  if (entry == nullptr) return Invalid("{}: no run of convnext embed is recorded there", Printable(directory, 1000));
  CONVNEXT_ASSIGN_OR_RETURN(auto record, ParseEmbeddingRecord(entry->record));
  const std::string path = directory + "/" + kEmbeddedUnitsPath;
  CONVNEXT_ASSIGN_OR_RETURN(const auto bytes, ReadFile(path, kMaxUnitsFileBytes));
  const auto digest = entry->outputs.find(kEmbeddedUnitsPath);
  if (digest == entry->outputs.end() || digest->second != Sha256(bytes))
    return Invalid("{}: not the file that {} names; convnext check says more", Printable(path, 1000), kRunLogPath);
  auto units = ParseEmbeddedUnits({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (!units.ok()) return units.status().Prefixed(Printable(path, 1000));
  return RecordedUnits{std::move(record), *std::move(units)};
}

std::vector<std::string> CompareUnits(const std::vector<EmbeddedUnit>& here, const std::vector<EmbeddedUnit>& there) {
  std::map<int64_t, std::string> commits;
  for (const EmbeddedUnit& unit : here) commits[unit.unit] = unit.commit_sha256;
  std::vector<std::string> differences;
  for (const EmbeddedUnit& unit : there) {
    const auto commit = commits.extract(unit.unit);
    if (commit.empty()) {
      differences.push_back(fmt::format("unit {} is recorded, and not committed here", unit.unit));
    } else if (commit.mapped() != unit.commit_sha256) {
      differences.push_back(fmt::format("unit {}: its commit has the sha256 {}, recorded is {}", unit.unit,
                                        commit.mapped(), unit.commit_sha256));
    }
    if (differences.size() == kMostDifferences) return differences;
  }
  if (!commits.empty())
    differences.push_back(fmt::format(
        "unit {}{} committed, and not recorded; convnext embed --evidence records anew", commits.begin()->first,
        commits.size() == 1 ? " is" : fmt::format(" and {} more are", commits.size() - 1)));
  return differences;
}

}  // namespace

Status EmbedEvidence::Check(const EngineOptions& options, const Engine& engine) {
  if (directory_.empty()) return {};
  CONVNEXT_RETURN_IF_ERROR(CheckOutputOutside(embed_.output, directory_));
  CommandFiles files;
  files.ReadsModel(options.model_path);
  files.ReadsDevice(options.backend);
  files.WritesEvent("--evidence", directory_, kEmbeddingEvent, {});
  CONVNEXT_RETURN_IF_ERROR(files.Check());
  record_ = DescribeEngine(engine);
  CONVNEXT_ASSIGN_OR_RETURN(const auto log, ReadRunLog(directory_));
  CONVNEXT_RETURN_IF_ERROR(CheckJoins(log, record_).Prefixed(Printable(directory_, 1000)));
  return MakeDirectories(directory_);
}

Status EmbedEvidence::CheckPlan(const Plan& plan) const {
  if (directory_.empty() || (plan.size() <= kMaxEmbeddedUnits && plan.inputs_count() <= kMaxEmbeddedCount)) return {};
  return Invalid(
      "the plan has {} units; evidence lists at most {}: begin in a new directory with larger --rows_per_file and "
      "--rows_per_unit, or leave --evidence out",
      plan.size(), kMaxEmbeddedUnits);
}

Status EmbedEvidence::Record(const Plan& plan, const EmbedReport& report) const {
  if (directory_.empty()) return {};
  EmbeddingRecord record = record_;
  record.window = timer_.Finish();
  record.plan_sha256 = plan.sha256;
  record.units = plan.size();
  record.pictures = plan.inputs_count();
  record.batch_size = embed_.identity.batch_size;
  record.normalize = embed_.identity.normalize;
  record.store = Name(embed_.identity.store);
  record.rank = embed_.rank.rank;
  record.ranks = embed_.rank.ranks;
  record.own_pictures = report.progress.inputs_done;
  record.own_rows = report.progress.rows;
  record.own_failures = report.progress.failures;
  record.run_ns = Nanoseconds(report.progress.seconds);
  CONVNEXT_RETURN_IF_ERROR(MakeDirectories(directory_));
  CONVNEXT_ASSIGN_OR_RETURN(const auto lock, LockRecords(directory_, kEvidenceSeconds));
  CONVNEXT_ASSIGN_OR_RETURN(const auto units, ListUnits(embed_.output, plan));  // under the lock: the last has all
  CONVNEXT_ASSIGN_OR_RETURN(auto log, ReadRunLog(directory_));
  CONVNEXT_RETURN_IF_ERROR(
      RecordEvent(directory_, log, kEmbeddingEvent, ToJson(record), EmbeddingFiles(record, units)));
  CONVNEXT_RETURN_IF_ERROR(RenewReport(directory_).Prefixed(Printable(directory_, 1000)));
  PrintOut("recorded in {}: {} of {} units\n", Printable(directory_, 1000), units.size(), record.units);
  return {};
}

Result<std::vector<std::string>> CompareWithEvidence(const std::string& output, const std::string& directory) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto recorded, ReadRecordedUnits(directory));
  CONVNEXT_ASSIGN_OR_RETURN(const auto plan, ReadPlan(output));
  if (!plan) return Invalid("{}: no plan.json; nothing was embedded there", Printable(output, 1000));
  if (plan->sha256 != recorded.record.plan_sha256) {
    return std::vector{fmt::format("{}: its plan.json has the sha256 {}, recorded in {} is {}", Printable(output, 1000),
                                   plan->sha256, Printable(directory, 1000), Printable(recorded.record.plan_sha256))};
  }
  CONVNEXT_ASSIGN_OR_RETURN(const auto units, ListUnits(output, *plan));
  return CompareUnits(units, recorded.units);
}

}  // namespace convnext::cli
