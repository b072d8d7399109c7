// X1: the CPU part once more, here.
#include <algorithm>

#include "convnext/check/rules.h"
#include "convnext/devices/devices.h"
#include "convnext/eval/eval.h"

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

// How far a CPU's embeddings here may be from those of another.
double RerunLimitPct(const DeviceFacts& there, const DeviceFacts& here) {
  const bool rounds_alike = there.simd_target == here.simd_target;
  return FindPrecision(there.dtype) == Precision::kBfloat16 && !rounds_alike ? kRerunBfloat16Pct : kRerunCpuPct;
}

bool IsCpu(const DeviceFacts& device) { return device.device == "cpu" || device.device == "cpu-reference"; }

// The CPU that computed one side of the evidence; nothing where none did.
std::optional<DeviceFacts> CpuOf(const Evidence& e) {
  if (e.accuracy.device.device == "cpu") return e.accuracy.device;
  if (!e.accuracy.reference.file_sha256 && e.accuracy.reference.device.device == "cpu")
    return e.accuracy.reference.device;
  return std::nullopt;
}

// The same precision, on the same SIMD target if it is there.
BackendOptions BackendLike(const Evidence& e, int threads) {
  BackendOptions backend;
  backend.threads = threads;
  const auto cpu = CpuOf(e);
  const auto precision = cpu ? FindPrecision(cpu->dtype) : std::nullopt;
  if (!precision || !MayReport(DeviceKind::kCpu, *precision)) return backend;
  backend.dtype = *precision;
  const auto targets = SimdTargets(*precision);
  if (std::find(targets.begin(), targets.end(), cpu->simd_target) != targets.end())
    backend.simd_target = cpu->simd_target;
  return backend;
}

void CompareWithEvidence(const Evidence& e, const AccuracyRun& here, Findings& findings) {
  if (here.record.model.weights_sha256 != e.accuracy.model.weights_sha256)
    return findings.Fail("the model here has other weights (sha256 {})", here.record.model.weights_sha256);
  const DeviceFacts& device = e.accuracy.device;
  const ReferenceFacts& reference = e.accuracy.reference;
  const double cpu_pct = RerunLimitPct(device.device == "cpu" ? device : reference.device, here.record.device);
  const auto compare = [&](const std::string& name, const Tensor<double>& recorded) {
    if (name == "cpu") CompareRows("cpu", recorded, here.test, cpu_pct, findings);
    if (name == "cpu-reference") CompareRows("cpu-reference", recorded, here.reference, kRerunReferencePct, findings);
  };
  compare(device.device, e.test_embeddings);
  if (!reference.file_sha256) compare(reference.device.device, e.reference_embeddings);
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
    options.engine.backend = BackendLike(*subject.evidence, threads);
    options.engine.decode = DecodingOf(*subject.evidence);
    const auto here = MeasureAccuracy(options, Pictures(subject));
    if (here.ok()) CompareWithEvidence(*subject.evidence, *here, findings);
    if (!here.ok()) findings.Fail("it cannot be run again here: {}", here.status().message());
  }
  findings.Conclude(result);
  return result;
}

}  // namespace convnext
