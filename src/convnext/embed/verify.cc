// Whether an output directory is what its plan and commits say.
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "convnext/embed/committed.h"
#include "convnext/embed/json_count.h"
#include "convnext/embed/layout.h"
#include "convnext/json/json.h"
#include "convnext/tensor/tensor.h"

namespace convnext {
namespace {

constexpr size_t kMostProblems = 100;

class Verifier {
 public:
  Verifier(std::string output, const Plan& plan) : output_(std::move(output)), plan_(plan) {}

  std::vector<std::string> Problems() {
    for (int64_t i = 0; i < plan_.size() && problems_.size() < kMostProblems; ++i) CheckUnit(i);
    CheckStrangers();
    return std::move(problems_);
  }

 private:
  void Problem(const std::string& path, const std::string& text) {
    problems_.push_back(Printable(output_ + "/" + path, 1000) + ": " + text);
  }

  void CheckUnit(int64_t i) {
    const UnitPaths paths = PathsOfUnit(i, plan_.size());
    const auto unit = ReadCommitted(output_, i, plan_.size());
    if (!unit.ok()) return problems_.push_back(unit.status().message());
    if (!*unit) return;  // it is missing, which is no damage
    const size_t before = problems_.size();
    CheckCommit(**unit, i, paths.commit);
    CheckEmbeddings(**unit, paths.embeddings);
    seen_.assign(static_cast<size_t>(plan_.units[static_cast<size_t>(i)].count), 0);
    CheckLines((*unit)->metadata_sha256, (*unit)->rows, paths.metadata);
    if (!(*unit)->failures_sha256.empty()) CheckLines((*unit)->failures_sha256, (*unit)->failed(), paths.failures);
    for (size_t index = 0; index < seen_.size(); ++index) {
      if (seen_[index] == 1) continue;
      Problem(paths.commit,
              fmt::format("the input {} is {} times a row or a failure; expected once", index, seen_[index]));
      break;
    }
    if (problems_.size() > before)
      Problem(paths.commit, "remove this file, and run the command again: the unit is done anew");
  }

  void CheckCommit(const CommittedUnit& unit, int64_t i, const std::string& path) {
    if (unit.unit != i) Problem(path, fmt::format("it is of unit {}", unit.unit));
    if (unit.plan_sha256 != plan_.sha256) Problem(path, "it is of another plan.json");
    const std::string differences = IdentityDifferences(plan_.identity, unit.identity);
    if (!differences.empty()) Problem(path, "made with something else than plan.json says:\n" + differences);
  }

  void CheckEmbeddings(const CommittedUnit& unit, const std::string& path) {
    const auto file = MappedFile::Open(output_ + "/" + path);
    if (!file.ok()) return problems_.push_back(file.status().message());
    const auto header = ParseNpyHeader(file->bytes());
    if (!header.ok()) return Problem(path, header.status().message());
    if (header->dtype != unit.store || header->shape != Shape{unit.rows, unit.embedding_dim})
      Problem(path, fmt::format("{} {}; its commit says {} [{}, {}]", header->dtype, ShapeText(header->shape),
                                unit.store, unit.rows, unit.embedding_dim));
    const auto release = [&file](std::span<const std::byte> done) { file->Release(done); };
    if (Sha256(file->bytes(), release) != unit.embeddings_sha256) Problem(path, "another digest than its commit has");
  }

  void CheckLines(const std::string& sha256, int64_t count, const std::string& path) {
    const auto file = MappedFile::Open(output_ + "/" + path);
    if (!file.ok()) return problems_.push_back(file.status().message());
    if (Sha256(file->bytes()) != sha256) return Problem(path, "another digest than its commit has");
    std::string_view text(reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size());
    int64_t lines = 0;
    for (; !text.empty(); ++lines) {
      const std::string_view line = text.substr(0, text.find('\n'));
      text.remove_prefix(std::min(text.size(), line.size() + 1));
      CheckLine(line, path);
    }
    if (lines != count) Problem(path, fmt::format("{} lines; its commit says {}", lines, count));
  }

  void CheckLine(std::string_view line, const std::string& path) {
    const auto index = ParseRecordLine(line);
    if (!index.ok()) return Problem(path, index.status().message());
    if (!*index) return;  // of the archive
    if (**index >= static_cast<int64_t>(seen_.size())) return Problem(path, "an index that the unit does not have");
    ++seen_[static_cast<size_t>(**index)];
  }

  // Rows that no plan knows: readers of the directory would read them.
  void CheckStrangers() {
    std::set<std::string> known;
    for (int64_t i = 0; i < plan_.size(); ++i) {
      const UnitPaths paths = PathsOfUnit(i, plan_.size());
      known.insert({paths.embeddings, paths.metadata, paths.failures, paths.commit});
    }
    for (const std::string directory : {"img_emb", "metadata", "failures", "units"}) {
      std::error_code error;
      for (std::filesystem::directory_iterator entry(output_ + "/" + directory, error), end; !error && entry != end;
           entry.increment(error)) {
        const std::string name = directory + "/" + entry->path().filename().string();
        if (!known.contains(name) && !entry->path().filename().string().starts_with('.'))
          Problem(name, "the plan has no such file; remove it");
      }
    }
  }

  const std::string output_;
  const Plan& plan_;
  std::vector<std::string> problems_;
  std::vector<int> seen_;  // how often an index of the unit has stood in a line
};

}  // namespace

Result<std::optional<int64_t>> ParseRecordLine(std::string_view line) {
  const auto json = nlohmann::json::parse(line, nullptr, false);
  if (!json.is_object() || !json.contains("index") || !json.contains("key")) return Invalid("a line that is no record");
  const auto& index = json.at("index");
  if (index.is_null()) return std::optional<int64_t>();
  if (!index.is_number_unsigned() || index.get<uint64_t>() > static_cast<uint64_t>(kMostCount))
    return Invalid("an index that is no count");
  return std::optional(index.get<int64_t>());
}

Result<VerifyReport> VerifyOutput(const std::string& output) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto plan, ReadPlan(output));
  if (!plan) return Invalid("{}: no plan.json; nothing was embedded there", Printable(output, 1000));
  VerifyReport report;
  auto status = ReadStatus(output, *plan);
  report.problems = Verifier(output, *plan).Problems();
  if (status.ok()) report.status = *std::move(status);
  return report;
}

}  // namespace convnext
