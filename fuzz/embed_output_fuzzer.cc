// Any bytes as the files that convnext embed reads of its output: plan, list of files, commit, line of metadata, log.
#include "convnext/embed/embed.h"
#include "target.h"

namespace {

using namespace convnext;

template <class T>
bool IsRead(const Result<T>& result) {
  if (!result.ok()) RequireGoodMessage(result.status());
  return result.ok();
}

void CheckPlan(const Plan& plan) {
  int64_t inputs = 0;
  for (const PlanUnit& unit : plan.units) {
    Require(unit.first >= 0 && unit.count >= 0 && unit.count <= kRowsOfUnits.largest);
    Require(!unit.archive || unit.first + unit.count <= plan.archives.at(*unit.archive).samples);
    inputs += unit.count;
  }
  Require(plan.inputs_count() == inputs);
  const auto again = ParsePlan(PlanJson(plan));
  Require(again.ok() && again->size() == plan.size() && PlanJson(*again) == PlanJson(plan));
  Require(IdentityDifferences(plan.identity, again->identity).empty());
}

void CheckCommitted(const CommittedUnit& unit) {
  Require(unit.unit >= 0 && unit.rows >= 0 && unit.embedding_dim >= 0 && unit.failed() >= 0);
}

}  // namespace

FUZZ_TARGET(embed_output) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto plan = ParsePlan(text); IsRead(plan)) CheckPlan(*plan);
  if (const auto unit = ParseCommitted(text); IsRead(unit)) CheckCommitted(*unit);
  if (const auto files = ParseFileList(text); IsRead(files)) Require(files->size() <= size);
  if (const auto index = ParseRecordLine(text); IsRead(index)) Require(!*index || **index >= 0);
  if (const auto tail = ParseLogTail(text)) Require(tail->inputs >= 0 && tail->seconds >= 0);
  IsRead(TableColumn(text, ',', ""));
  return 0;
}
