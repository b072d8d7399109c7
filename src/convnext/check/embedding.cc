// A run of convnext embed that joined the bundle: its counts fit each other, its model and device are those of the
// phases, and its documents follow. Whether the directory that it left is as listed, embed --verify tells.
#include <set>
#include <sstream>

#include "convnext/check/rules.h"

namespace convnext {
namespace {

// Of so many pictures each is a row or a failure; so many ends of archives may be failures as well.
void CheckSum(const std::string& what, int64_t pictures, int64_t rows, int64_t failed, int64_t ends,
              Findings& findings) {
  const int64_t more = rows + failed - pictures;
  if (more < 0 || more > ends)
    findings.Fail("{}: {} pictures, but {} rows and {} failures", what, pictures, rows, failed);
}

void CheckUnits(const Evidence& e, Findings& findings) {
  std::set<std::string> commits;
  for (const EmbeddedUnit& unit : e.embedded_units) {
    const std::string what = fmt::format("unit {}", unit.unit);
    if (unit.unit >= e.embedding->units) findings.Fail("{} of a plan of {} units", what, e.embedding->units);
    CheckSum(what, unit.pictures, unit.rows, CountFailures(unit.failures), 1, findings);
    if (!IsSha256Hex(unit.commit_sha256)) findings.Fail("{}: no sha256 of its commit", what);
    if (!commits.insert(unit.commit_sha256).second) findings.Fail("{}: its commit is that of another unit", what);
  }
}

// All units have all pictures of the plan; some of them have no more.
void CheckPlan(const Evidence& e, Findings& findings) {
  const EmbeddingRecord& record = *e.embedding;
  const int64_t pictures = TotalsOf(e.embedded_units).pictures;
  const bool complete = static_cast<int64_t>(e.embedded_units.size()) == record.units;
  if (!IsSha256Hex(record.plan_sha256)) findings.Fail("no sha256 of the plan");
  if (pictures > record.pictures || (complete && pictures != record.pictures))
    findings.Fail("the units have {} pictures, the plan {}", pictures, record.pictures);
}

void CheckOwnRun(const EmbeddingRecord& record, Findings& findings) {
  CheckSum("the process", record.own_pictures, record.own_rows, CountFailures(record.own_failures), record.units + 1,
           findings);
  if (record.own_pictures > record.pictures)
    findings.Fail("the process embedded {} pictures of {}", record.own_pictures, record.pictures);
  if (record.own_pictures > 0 && record.run_ns == 0)
    findings.Fail("the process embedded {} pictures in no time", record.own_pictures);
  if (!kBatchSizes.Contains(record.batch_size)) findings.Fail("batches of {}", record.batch_size);
  if (record.store != "float32" && record.store != "float16") findings.Fail("arrays of {}", record.store);
}

void CheckSameModelAndDevice(const Evidence& e, Findings& findings) {
  std::istringstream lines(EmbeddingDifferences(e.accuracy.model, e.accuracy.device, *e.embedding));
  for (std::string line; std::getline(lines, line);)
    findings.Fail("not what accuracy was measured with (there: accuracy, here: embedding): {}", line);
}

void CheckDocument(const Subject& subject, const char* path, Findings& findings) {
  const std::string* found = subject.Text(path);
  const std::string& expected = subject.expected.at(path);
  if (found == nullptr) return findings.Fail("{} is missing", path);
  if (*found != expected) findings.Fail("{}, {}", path, FirstDifference(*found, expected));
}

// Documents of a run that nobody recorded.
void CheckNoDocuments(const Subject& subject, Findings& findings) {
  bool there = false;
  for (const char* path : {kEmbeddedUnitsPath, kEmbeddingJsonPath, kEmbeddingLogPath}) {
    if (subject.Text(path) == nullptr) continue;
    there = true;
    findings.Fail("{} is there, but {} has no line of the event \"{}\"", path, kRunLogPath, kEmbeddingEvent);
  }
  if (!there) findings.NotApplicable("no run of convnext embed was recorded");
}

// R11. The log is rule R6's, as all logs are.
void EmbeddingFollows(const Subject& subject, Findings& findings) {
  const Evidence& e = *subject.evidence;
  if (!e.embedding) return CheckNoDocuments(subject, findings);
  CheckSameModelAndDevice(e, findings);
  CheckUnits(e, findings);
  CheckPlan(e, findings);
  CheckOwnRun(*e.embedding, findings);
  CheckDocument(subject, kEmbeddingJsonPath, findings);
}

}  // namespace

std::vector<Rule> EmbeddingRules() {
  return {{"R11", "what convnext embed left has the model and device of the phases, and its sums and rate follow",
           EmbeddingFollows, nullptr}};
}

}  // namespace convnext
