// Any bytes as a bundle's run log, with vectors of the shapes that it asks for: every rule has an answer, and what can
// be rendered can be rendered again.
#include <cstddef>
#include <cstdint>

#include "convnext/check/check.h"
#include "target.h"

namespace {

using namespace convnext;

constexpr int64_t kMostValues = 20'000;

// A vector file of this shape, if it is small.
void AddMatrix(Files& files, const char* path, int64_t rows, int64_t columns) {
  if (rows < 1 || columns < 1 || rows > kMostValues / columns) return;
  std::vector<double> values(static_cast<size_t>(rows * columns));
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i % 7) - 3.25;
  files[path] = NpyBytes(Shape{rows, columns}, std::span<const double>(values));
}

void AddVectors(const RunLog& log, Files& files) {
  std::vector<std::string> unknown;
  const RunLogEntry *accuracy = log.Last("accuracy"), *inference = log.Last("inference"),
                    *performance = log.Last("performance");
  if (accuracy == nullptr || inference == nullptr || performance == nullptr) return;
  const auto a = ParseAccuracyRecord(accuracy->record, &unknown);
  const auto i = ParseInferenceRecord(inference->record, &unknown);
  const auto p = ParsePerformanceRecord(performance->record, &unknown);
  if (!a.ok() || !i.ok() || !p.ok()) return;
  int64_t rows = 0;
  for (const BatchTimes& batch : p->batches) rows += kBatchSizes.Contains(batch.batch_size) ? batch.batch_size : 0;
  const int64_t dim = a->model.embedding_dim;
  AddMatrix(files, "raw/accuracy_reference.npy", static_cast<int64_t>(a->inputs.size()), dim);
  AddMatrix(files, "raw/accuracy_test.npy", static_cast<int64_t>(a->inputs.size()), dim);
  AddMatrix(files, "raw/inference.npy", static_cast<int64_t>(i->inputs.size()), dim);
  AddMatrix(files, "raw/performance.npy", rows, dim);
}

}  // namespace

FUZZ_TARGET(run_log) {
  Files files;
  files[kRunLogPath].assign(reinterpret_cast<const char*>(data), size);
  const auto log = RunLog::Parse(files[kRunLogPath]);
  if (log.ok()) AddVectors(*log, files);
  files[kEmbeddedUnitsPath] = R"({"unit":0,"pictures":1,"rows":1,"failures":{},"commit_sha256":""})"
                              "\n";
  const CheckReport report = CheckBundle({files, {}});
  Require(!report.passed() && !report.rules.empty());
  for (const RuleResult& rule : report.rules) {
    for (const std::string& reason : rule.reasons) Require(!reason.empty() && reason.size() < 1000);
  }
  Require(!CheckTable(report).empty() && !CheckJson(report).empty());
  return 0;
}
