#include "convnext/facts/verdict.h"

#include <algorithm>
#include <cmath>

namespace convnext {
namespace {

bool SameInFloat32(std::span<const double> a, std::span<const double> b) {
  return std::equal(a.begin(), a.end(), b.begin(),
                    [](double x, double y) { return static_cast<float>(x) == static_cast<float>(y); });
}

// Adds the faults of one vector that do not depend on the other vector.
void CheckVector(size_t n, const std::string& device, std::span<const double> vector,
                 std::vector<std::string>& failures) {
  if (!IsFinite(vector)) failures.push_back(fmt::format("image {}: {} gave NaN or infinity", n, device));
  if (vector.size() > 1 && IsConstant(vector))
    failures.push_back(fmt::format("image {}: {} gave the same number everywhere", n, device));
}

void CheckImage(const AccuracyRecord& record, size_t n, std::span<const double> reference, std::span<const double> test,
                const Metrics& metrics, std::vector<std::string>& failures) {
  CheckVector(n, "the reference", reference, failures);
  CheckVector(n, record.device.device, test, failures);
  if (IsCopy(record, reference, test)) {
    failures.push_back(
        fmt::format("image {}: bit-identical vectors from two devices ({} and {}): one is a copy of the other", n,
                    record.reference.device.device, record.device.device));
  }
  if (!(metrics.max_rel_error_pct < record.threshold_pct)) {
    failures.push_back(fmt::format("image {}: max relative error {:.6f} %, not below {} %", n,
                                   metrics.max_rel_error_pct, record.threshold_pct));
  }
}

// Different inputs must give different embeddings.
void CheckDifferent(const AccuracyRecord& record, const Tensor<double>& test, std::vector<std::string>& failures) {
  for (size_t a = 0; a < record.inputs.size(); ++a) {
    for (size_t b = a + 1; b < record.inputs.size(); ++b) {
      if (record.inputs[a].tensor_sha256 == record.inputs[b].tensor_sha256 ||
          !AreEqual(MatrixRow(test, a), MatrixRow(test, b)))
        continue;
      failures.push_back(fmt::format("images {} and {} differ, but their embeddings do not", a, b));
      break;  // one is enough
    }
  }
}

}  // namespace

bool IsCopy(const AccuracyRecord& record, std::span<const double> reference, std::span<const double> test) {
  return record.device.device == "cpu-reference" ? AreEqual(reference, test) : SameInFloat32(reference, test);
}

std::span<const double> MatrixRow(const Tensor<double>& matrix, size_t n) {
  const auto columns = static_cast<size_t>(matrix.shape[1]);
  return {matrix.data.data() + n * columns, columns};
}

AccuracyVerdict AssessAccuracy(const AccuracyRecord& record, const Tensor<double>& reference,
                               const Tensor<double>& test) {
  AccuracyVerdict verdict;
  double sum = 0;
  for (size_t n = 0; n < record.inputs.size(); ++n) {
    const Metrics m = Compare(MatrixRow(reference, n), MatrixRow(test, n));
    CheckImage(record, n, MatrixRow(reference, n), MatrixRow(test, n), m, verdict.failures);
    verdict.max_rel_error_pct = LargerOrNan(verdict.max_rel_error_pct, m.max_rel_error_pct);
    const double cosine = m.cosine_similarity;  // NaN stays
    if (n == 0 || std::isnan(cosine) || cosine < verdict.min_cosine_similarity) verdict.min_cosine_similarity = cosine;
    sum += m.mean_rel_error_pct;
    verdict.images.push_back(m);
  }
  verdict.mean_rel_error_pct = sum / static_cast<double>(record.inputs.size());
  verdict.worst_channel = WorstChannel(reference.data, test.data, static_cast<size_t>(reference.shape[0]),
                                       static_cast<size_t>(reference.shape[1]));
  CheckDifferent(record, test, verdict.failures);
  return verdict;
}

}  // namespace convnext
