// X1: the CPU part once more, here.
#include <algorithm>

#include "check/rules.h"

namespace convnext {
namespace {

std::vector<SourcePicture> Pictures(const Subject& subject) {
  std::vector<SourcePicture> pictures;
  for (const InputFacts& input : subject.evidence->accuracy.inputs) {
    const std::string* bytes = subject.Text(input.path);
    pictures.push_back({input.path, bytes == nullptr ? "" : *bytes, input.generated});
  }
  return pictures;
}

void CompareRows(const char* name, const Tensor<double>& recorded, const Tensor<double>& repeated, double limit_pct,
                 Findings& findings) {
  if (recorded.shape != repeated.shape) return findings.Fail("{}: another shape here", name);
  for (size_t n = 0; n < static_cast<size_t>(recorded.shape[0]); ++n) {
    const double error = Compare(MatrixRow(recorded, n), MatrixRow(repeated, n)).max_rel_error_pct;
    if (!(error <= limit_pct))
      findings.Fail("{} image {}: {:.2e} % from what this machine computes (at most {:.1e} %)", name, n, error,
                    limit_pct);
  }
}

bool IsCpu(const DeviceFacts& device) { return device.device == "cpu" || device.device == "cpu-reference"; }

void CompareWithEvidence(const Evidence& e, const AccuracyRun& here, Findings& findings) {
  if (here.record.model.weights_sha256 != e.accuracy.model.weights_sha256)
    return findings.Fail("the model here has other weights (sha256 {})", here.record.model.weights_sha256);
  if (e.accuracy.device.device == "cpu") CompareRows("cpu", e.test_embeddings, here.test, kRerunCpuPct, findings);
  const ReferenceFacts& reference = e.accuracy.reference;
  if (!reference.file_sha256 && reference.device.device == "cpu-reference")
    CompareRows("cpu-reference", e.reference_embeddings, here.reference, kRerunReferencePct, findings);
  if (!IsCpu(e.accuracy.device) && (reference.file_sha256 || !IsCpu(reference.device)))
    findings.NotApplicable("nothing of the accuracy evaluation ran on this program's CPU code");
}

}  // namespace

RuleResult CheckRerun(const Directory& bundle, const std::string& model_path, int threads) {
  RuleResult result{"X1", "run again here, the CPU gives the same embeddings", RuleOutcome::kPass, {}};
  Findings findings;
  const Subject subject = MakeSubject(bundle);
  if (!subject.evidence) {
    findings.NotChecked("{}", subject.no_evidence);
  } else {
    AccuracyOptions options;
    options.engine.model_path = model_path;
    options.engine.image_size = WithinLimits(subject.evidence->accuracy.model.image_size);
    for (const InputFacts& input : subject.evidence->accuracy.inputs) {
      if (input.turned != 0) options.engine.decode.orientation = ExifOrientation::kApply;
    }
    options.engine.backend.threads = threads;
    const auto here = MeasureAccuracy(options, Pictures(subject));
    if (here.ok()) CompareWithEvidence(*subject.evidence, *here, findings);
    if (!here.ok()) findings.Fail("it cannot be run again here: {}", here.status().message());
  }
  findings.Conclude(result);
  return result;
}

}  // namespace convnext
