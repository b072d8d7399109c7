// Sanity: what honest numbers of a working model look like.
#include <algorithm>
#include <cmath>

#include "convnext/check/rules.h"

namespace convnext {
namespace {

struct NamedMatrix {
  const char* name;
  const Tensor<double>* matrix;
};

std::vector<NamedMatrix> Matrices(const Evidence& e) {
  return {{kInferenceVectorsPath, &e.inference_embeddings},
          {kReferenceVectorsPath, &e.reference_embeddings},
          {kTestVectorsPath, &e.test_embeddings},
          {kPerformanceVectorsPath, &e.performance_embeddings}};
}

size_t Rows(const Tensor<double>& matrix) { return static_cast<size_t>(matrix.shape[0]); }

bool IsZero(std::span<const double> v) {
  return std::all_of(v.begin(), v.end(), [](double x) { return x == 0; });
}

// S1
void VectorsAreSound(const Subject& subject, Findings& findings) {
  for (const auto& [name, matrix] : Matrices(*subject.evidence)) {
    for (size_t row = 0; row < Rows(*matrix); ++row) {
      const auto vector = MatrixRow(*matrix, row);
      if (!IsFinite(vector)) findings.Fail("{} row {}: NaN or infinity", name, row);
      if (IsZero(vector) || (vector.size() > 1 && IsConstant(vector)))
        findings.Fail("{} row {}: the same number everywhere", name, row);
    }
  }
}

void CheckDistinct(const char* name, const Tensor<double>& matrix, const std::vector<InputFacts>& inputs,
                   Findings& findings) {
  for (size_t a = 0; a < inputs.size(); ++a) {
    for (size_t b = a + 1; b < inputs.size(); ++b) {
      if (inputs[a].tensor_sha256 != inputs[b].tensor_sha256 && AreEqual(MatrixRow(matrix, a), MatrixRow(matrix, b)))
        findings.Fail("{}: inputs {} and {} differ, their embeddings do not", name, a, b);
    }
  }
}

// S2
void InputsAreToldApart(const Subject& subject, Findings& findings) {
  const Evidence& e = *subject.evidence;
  CheckDistinct(kReferenceVectorsPath, e.reference_embeddings, e.accuracy.inputs, findings);
  CheckDistinct(kTestVectorsPath, e.test_embeddings, e.accuracy.inputs, findings);
}

// S3
void ReferenceIsIndependent(const Subject& subject, Findings& findings) {
  const Evidence& e = *subject.evidence;
  const ReferenceFacts& reference = e.accuracy.reference;
  if (reference.device.device == e.accuracy.device.device && !reference.file_sha256)
    findings.Fail("{} was compared with itself", reference.device.device);
  if (reference.file_sha256 && !IsSha256Hex(*reference.file_sha256)) findings.Fail("the reference file has no sha256");
  for (size_t row = 0; row < Rows(e.test_embeddings); ++row) {
    if (IsCopy(e.accuracy, MatrixRow(e.reference_embeddings, row), MatrixRow(e.test_embeddings, row)))
      findings.Fail("image {}: {} and {} gave the same bits: one is a copy", row, reference.device.device,
                    e.accuracy.device.device);
  }
}

// The row of the accuracy evaluation for the same input; nothing if it was not evaluated.
std::optional<size_t> FindInput(const AccuracyRecord& accuracy, const InputFacts& input) {
  for (size_t n = 0; n < accuracy.inputs.size(); ++n) {
    if (accuracy.inputs[n].tensor_sha256 == input.tensor_sha256) return n;
  }
  return std::nullopt;
}

// A CPU gives the same bits in any batch. Compilers for an NPU may choose another order of summation for another batch;
// in float16 each step of it rounds by 0.05 %.
bool IsSameEmbedding(const Evidence& e, std::span<const double> expected, std::span<const double> found) {
  if (!RanOnNpu(e)) return AreEqual(expected, found);
  const bool float32 = FindPrecision(e.accuracy.device.dtype) == Precision::kFloat32;
  const double limit_pct = float32 ? kBatchPct : kThresholdPct;
  return Compare(expected, found).max_rel_error_pct < limit_pct;
}

void CheckOutput(const Evidence& e, const char* name, const InputFacts& input, size_t row,
                 std::span<const double> found, Findings& findings) {
  const auto evaluated = FindInput(e.accuracy, input);
  if (!IsFinite(found)) return;  // rule S1 says so
  if (!evaluated) return findings.Fail("{} row {}: its input {} was not evaluated for accuracy", name, row, input.path);
  if (!IsSameEmbedding(e, MatrixRow(e.test_embeddings, *evaluated), found))
    findings.Fail("{} row {}: not what the accuracy evaluation got for {}", name, row, input.path);
}

// S4 (MLPerf's TEST01: what is timed computes what is checked)
void TimedRunsComputeTheSame(const Subject& subject, Findings& findings) {
  const Evidence& e = *subject.evidence;
  size_t row = 0;
  for (const BatchTimes& batch : e.performance.batches) {
    for (size_t i = 0; i < static_cast<size_t>(batch.batch_size); ++i, ++row) {
      const size_t input = InputOfRun(batch.times_ns.size() - 1, i, e.performance.inputs.size());
      CheckOutput(e, kPerformanceVectorsPath, e.performance.inputs[input], row,
                  MatrixRow(e.performance_embeddings, row), findings);
    }
  }
  if (e.inference.normalize) return findings.Fail("the inference normalised its embeddings; a bundle takes them raw");
  for (size_t i = 0; i < e.inference.inputs.size(); ++i)
    CheckOutput(e, kInferenceVectorsPath, e.inference.inputs[i], i, MatrixRow(e.inference_embeddings, i), findings);
}

double Median(std::vector<int64_t> times) {
  std::sort(times.begin(), times.end());
  return Summarize(times).p50_sec;
}

// S5 (MLPerf's TEST04: no caching). Every second run repeats its inputs. Noise can look like it: a warning.
void RepeatsAreNotFaster(const Subject& subject, Findings& findings) {
  const PerformanceRecord& record = subject.evidence->performance;
  if (record.inputs.size() < 2) return findings.NotApplicable("only one input was timed");
  for (const BatchTimes& batch : record.batches) {
    std::vector<int64_t> fresh, repeated;
    for (size_t run = 0; run < batch.times_ns.size(); ++run)
      (run % 2 == 0 ? fresh : repeated).push_back(batch.times_ns[run]);
    if (repeated.empty()) continue;
    const double ratio = Median(repeated) / Median(fresh);
    if (ratio < 1 - kRepeatedSpeedup)
      findings.Warn("batch {}: repeated inputs took {:.0f} % of the time of new ones", batch.batch_size, 100 * ratio);
  }
}

// The READMEs write some characters of machine texts as entities.
std::string WithCharacters(std::string text) {
  for (const auto& [entity, character] : {std::pair("&#36;", "$"), {"&#123;", "{"}, {"&#125;", "}"}}) {
    const std::string_view from = entity;
    for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + 1))
      text.replace(at, from.size(), character);
  }
  return text;
}

// Machine texts stand in code blocks, where a box may hold an empty cell and a path a dollar sign.
std::string WithoutCodeBlocks(const std::string& markdown) {
  std::string text, fence;
  size_t begin = 0;
  while (begin < markdown.size()) {
    const size_t end = std::min(markdown.find('\n', begin), markdown.size());
    const std::string line = markdown.substr(begin, end - begin);
    begin = end + 1;
    const std::string ticks = line.substr(0, std::min(line.find_first_not_of('`'), line.size()));
    if (fence.empty() && ticks.size() >= 3) {
      fence = ticks;
    } else if (!fence.empty()) {
      if (line == fence) fence.clear();
    } else {
      text += line + "\n";
    }
  }
  return text;
}

bool IsVariable(const std::string& text, size_t dollar) {
  const auto letter = [&](size_t i) {
    return i < text.size() &&
           (std::isupper(static_cast<unsigned char>(text[i])) != 0 || text[i] == '_' || text[i] == '{');
  };
  return letter(dollar + 1) && (letter(dollar + 2) || text[dollar + 1] == '{');
}

// "$HOME" of "$HOME/ascend".
std::string VariableAt(const std::string& text, size_t dollar) {
  const auto part = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '{'; };
  const auto end = std::find_if_not(text.begin() + static_cast<ptrdiff_t>(dollar) + 1, text.end(), part);
  return {text.begin() + static_cast<ptrdiff_t>(dollar), end};
}

// The texts in which a reason tells its reader to type something, which may hold a variable.
std::string ReasonTexts(const Subject& subject) {
  std::string texts;
  if (!subject.evidence) return texts;
  for (const BlockingReason& reason : subject.evidence->environment.blocking_reasons)
    fmt::format_to(std::back_inserter(texts), "{}\n{}\n{}\n", reason.symptom, reason.cause, reason.advice);
  return texts;
}

void CheckPlaceholders(const std::string& path, const std::string& text, const std::string& reasons,
                       Findings& findings) {
  for (const char* placeholder : {"{{", "TODO", "FIXME", "N/A", "| |", "||", "|  |"}) {
    if (text.find(placeholder) != std::string::npos)
      findings.Fail("{} holds the placeholder \"{}\"", path, placeholder);
  }
  for (size_t i = text.find('$'); i != std::string::npos; i = text.find('$', i + 1)) {
    if (IsVariable(text, i) && reasons.find(VariableAt(text, i)) == std::string::npos)
      return findings.Fail("{} holds a variable that was not expanded: {}", path, text.substr(i, 20));
  }
}

// S6
void NothingUnexpanded(const Subject& subject, Findings& findings) {
  for (const char* path : PathsOf(FileKind::kReadme)) {
    if (const std::string* text = subject.Text(path))
      CheckPlaceholders(path, WithCharacters(WithoutCodeBlocks(*text)), ReasonTexts(subject), findings);
  }
}

void CheckSameInputs(const Evidence& e, const char* phase, const std::vector<InputFacts>& inputs, Findings& findings) {
  for (const InputFacts& input : inputs) {
    if (std::find(e.accuracy.inputs.begin(), e.accuracy.inputs.end(), input) == e.accuracy.inputs.end())
      findings.Fail("{} states other facts about the input {} than accuracy does", phase, input.path);
  }
}

bool SameDescription(const ModelFacts& a, const ModelFacts& b) {
  return a.name == b.name && a.image_size == b.image_size && a.embedding_dim == b.embedding_dim &&
         a.synthetic == b.synthetic && a.weights_path == b.weights_path && a.notes == b.notes;
}

// The speed of the inference and of batch 1 are two measurements of one thing, but short ones: a warning.
void CompareSpeeds(const Evidence& e, Findings& findings) {
  for (const BatchTimes& batch : e.performance.batches) {
    if (batch.batch_size != 1 || e.inference.batch_size != 1 || e.inference.model_ns <= 0) continue;
    const double single = Seconds(e.inference.model_ns) / static_cast<double>(e.inference.inputs.size());
    const double average = Summarize(batch.times_ns).avg_sec, ratio = single / average;
    if (ratio > kNoise || ratio < 1 / kNoise)
      findings.Warn("an image took {:.4f} s in the inference, {:.4f} s on average at batch 1", single, average);
  }
}

// S7
void RepeatedQuantitiesAgree(const Subject& subject, Findings& findings) {
  const Evidence& e = *subject.evidence;
  const ModelFacts& model = e.accuracy.model;
  if (!SameDescription(model, e.inference.model) || !SameDescription(model, e.performance.model) ||
      (e.environment.model && !SameDescription(model, *e.environment.model)))
    findings.Fail(
        "the phases describe the model differently (name, input size, embedding, weights' path or synthetic)");
  CheckSameInputs(e, kInferenceEvent, e.inference.inputs, findings);
  CheckSameInputs(e, kPerformanceEvent, e.performance.inputs, findings);
  CompareSpeeds(e, findings);
}

// S8
void EveryImagePasses(const Subject& subject, Findings& findings) {
  const Evidence& e = *subject.evidence;
  if (!(e.accuracy.threshold_pct > 0 && e.accuracy.threshold_pct <= kThresholdPct))
    findings.Fail("a threshold of {} %; it may only be tightened from {} %", e.accuracy.threshold_pct, kThresholdPct);
  for (size_t row = 0; row < Rows(e.test_embeddings); ++row) {
    const auto reference = MatrixRow(e.reference_embeddings, row), test = MatrixRow(e.test_embeddings, row);
    if (!IsFinite(reference) || !IsFinite(test)) continue;  // rule S1 says so
    const double error = Compare(reference, test).max_rel_error_pct;
    const double threshold = std::min(kThresholdPct, e.accuracy.threshold_pct);
    if (!(error < threshold)) findings.Fail("image {}: max_rel_error_pct {:.6f}, not below {}", row, error, threshold);
  }
}

// N1
void TimesAreSteady(const Subject& subject, Findings& findings) {
  const auto& batches = subject.evidence->performance.batches;
  for (size_t i = 0; i < batches.size(); ++i) {
    const Stability stability = AssessStability(batches[i].times_ns);
    if (!stability.stable) findings.Warn("batch {}: {}", batches[i].batch_size, stability.reason);
    if (i == 0 || batches[i].batch_size < batches[i - 1].batch_size) continue;
    if (Summarize(batches[i].times_ns).avg_sec < Summarize(batches[i - 1].times_ns).avg_sec)
      findings.Warn("batch {} took less time than batch {}", batches[i].batch_size, batches[i - 1].batch_size);
  }
}

}  // namespace

std::vector<Rule> SanityRules() {
  return {
      {"S1", "every vector is finite and not constant", VectorsAreSound, nullptr},
      {"S2", "different inputs give different embeddings", InputsAreToldApart, nullptr},
      {"S3", "the reference is another device, and no vector is a copy", ReferenceIsIndependent, nullptr},
      {"S4", "the timed runs and the inference computed what the accuracy evaluation did", TimedRunsComputeTheSame,
       nullptr},
      {"S5", "repeated inputs are not faster (caching)", RepeatsAreNotFaster, nullptr},
      {"S6", "no placeholder, unexpanded variable or empty cell in the READMEs", NothingUnexpanded, NothingUnexpanded},
      {"S7", "a quantity that stands twice is the same", RepeatedQuantitiesAgree, RepeatedQuantitiesOfTexts},
      {"S8", "max |error| / max |reference| is below 1 % for every image", EveryImagePasses, VerdictOfTexts},
      {"N1", "times are steady and grow with the batch", TimesAreSteady, nullptr},
  };
}

}  // namespace convnext
