#include "convnext/bundle/accuracy_report.h"

#include <algorithm>
#include <cmath>

#include "convnext/bundle/layout.h"
#include "convnext/facts/facts.h"

namespace convnext {
namespace {

using Json = nlohmann::ordered_json;

// JSON has no NaN and no infinity.
Json Number(double value) { return std::isfinite(value) ? Json(value) : Json(); }

Json DeviceJson(const DeviceFacts& device) {
  return {{"device", device.device},
          {"dtype", device.dtype},
          {"simd_target", device.simd_target},
          {"threads", device.threads},
          {"precision", device.precision ? Json(*device.precision) : Json()}};
}

Json Formulas() {
  return {{"max_rel_error_pct", "100 * max|test - reference| / max|reference|"},
          {"mean_rel_error_pct", "100 * mean|test - reference| / max|reference|"},
          {"norm_rel_error_pct", "100 * ||test - reference||_2 / ||reference||_2"},
          {"cosine_similarity", "(test . reference) / (||test||_2 * ||reference||_2)"},
          {"mse", "mean((test - reference)^2)"},
          {"snr_db", "10 * log10(mean(reference^2) / mse), to 6 decimals"},
          {"overall_mean_rel_error_pct", "mean over the images of mean_rel_error_pct"},
          {"verdict", "max_rel_error_pct < threshold_pct for every image, and every vector sound"}};
}

Json ImageJson(size_t n, const Metrics& m, const InputFacts& input) {
  Json json = {{"image_idx", n},
               {"max_abs_error", Number(m.max_abs_error)},
               {"mean_abs_error", Number(m.mean_abs_error)},
               {"max_rel_error_pct", Number(m.max_rel_error_pct)},
               {"mean_rel_error_pct", Number(m.mean_rel_error_pct)},
               {"cosine_similarity", Number(m.cosine_similarity)},
               {"mse", Number(m.mse)},
               {"snr_db", Number(m.snr_db)},
               {"norm_rel_error_pct", Number(m.norm_rel_error_pct)},
               {"image", input.path},
               {"generated", input.generated},
               {"file_sha256", input.file_sha256},
               {"tensor_sha256", input.tensor_sha256}};
  if (input.turned > 0) json["exif_orientation_applied"] = input.turned;
  return json;
}

// The adaptation knows a CPU, and not how it computes.
std::string DeviceOfAdaptation(const std::string& device) { return device == "cpu-reference" ? "cpu" : device; }

Json Definitions() {
  return {{"reference_device", "where the reference was computed, in the words of the Python adaptation: cpu"},
          {"reference_implementation",
           "what computed it there: cpu-reference is this program's scalar code, float64 inside; cpu its SIMD code in "
           "float32; any other device is that of reference.file_sha256, made elsewhere"}};
}

// Where the drift starts: the first stage that multiplies it by more than any other does.
std::string DriftStart(const std::vector<StageDrift>& drift) {
  size_t start = 0;
  double steepest = 0;
  for (size_t i = 1; i < drift.size(); ++i) {
    const double before = drift[i - 1].norm_rel_error_pct;
    const double growth = before > 0 ? drift[i].norm_rel_error_pct / before : drift[i].norm_rel_error_pct > 0 ? 1e9 : 0;
    if (growth > steepest) {
      steepest = growth;
      start = i;
    }
  }
  return drift[start].stage;
}

Json DriftJson(const std::vector<StageDrift>& drift) {
  if (drift.empty()) return {};
  Json stages = Json::array();
  for (const StageDrift& stage : drift) {
    stages.push_back({{"stage", stage.stage},
                      {"max_rel_error_pct", stage.max_rel_error_pct},
                      {"norm_rel_error_pct", stage.norm_rel_error_pct}});
  }
  return {{"stages", stages}, {"steepest_growth_at", DriftStart(drift)}};
}

// The adaptation's fields.
Json ReferenceFields(const AccuracyRecord& record, const AccuracyVerdict& verdict) {
  Json json;
  json["model"] = record.model.name;
  json["reference_device"] = DeviceOfAdaptation(record.reference.device.device);
  json["test_device"] = record.device.device;
  json["npu_name"] = record.device.npu_name ? Json(*record.device.npu_name) : Json();
  json["num_images"] = record.inputs.size();
  json["overall_max_rel_error_pct"] = Number(verdict.max_rel_error_pct);
  json["overall_mean_rel_error_pct"] = Number(verdict.mean_rel_error_pct);
  json["overall_min_cosine_similarity"] = Number(verdict.min_cosine_similarity);
  json["all_pass_lt_1pct"] = verdict.passed();
  json["per_image_results"] = Json::array();
  for (size_t n = 0; n < record.inputs.size(); ++n)
    json["per_image_results"].push_back(ImageJson(n, verdict.images[n], record.inputs[n]));
  return json;
}

Json ReferenceJson(const ReferenceFacts& reference) {
  Json json = DeviceJson(reference.device);
  json["file_sha256"] = reference.file_sha256 ? Json(*reference.file_sha256) : Json();
  json["versions"] = reference.versions;
  return json;
}

// Lists the failures line by line, and the drift if it was measured.
std::string OwnLines(const AccuracyRecord& record, const AccuracyVerdict& verdict) {
  std::string text = "=== Details ===\n";
  text += fmt::format("Model: {}{}\n", record.model.name, record.model.synthetic ? " (SYNTHETIC WEIGHTS)" : "");
  text += fmt::format("Reference: {}\nTested: {}\n", JsonText(ReferenceJson(record.reference)),
                      JsonText(DeviceJson(record.device)));
  for (size_t n = 0; n < record.inputs.size(); ++n) {
    text += fmt::format("Image {}: {}{}, norm-wise rel error {:.6e}%\n", n + 1, record.inputs[n].path,
                        record.inputs[n].generated ? " (made test image)" : "", verdict.images[n].norm_rel_error_pct);
  }
  for (const StageDrift& stage : record.drift)
    text += fmt::format("Drift after {}: max {:.6e}%, norm-wise {:.6e}%\n", stage.stage, stage.max_rel_error_pct,
                        stage.norm_rel_error_pct);
  if (!record.drift.empty()) text += fmt::format("Drift grows most at: {}\n", DriftStart(record.drift));
  for (const std::string& failure : verdict.failures) text += fmt::format("FAIL: {}\n", failure);
  return text + fmt::format("Verdict: {} (threshold {} %)\n", verdict.passed() ? "PASS" : "FAIL", record.threshold_pct);
}

// The adaptation always draws its pictures; here some or all may be given.
std::string InputLines(const AccuracyRecord& record) {
  const auto made =
      std::count_if(record.inputs.begin(), record.inputs.end(), [](const auto& input) { return input.generated; });
  const auto given = static_cast<ptrdiff_t>(record.inputs.size()) - made;
  std::string text;
  if (made > 0) text += fmt::format("Created {} test images\n", made);
  if (given > 0) text += fmt::format("Read {}\n", Pluralize(static_cast<size_t>(given), "picture"));
  return text;
}

std::string ImageLines(const Metrics& m) {
  return fmt::format("Max rel error: {:.6f}%\nMean rel error: {:.6f}%\nCosine similarity: {:.8f}\nSNR: {:.2f} dB\n",
                     m.max_rel_error_pct, m.mean_rel_error_pct, m.cosine_similarity, m.snr_db);
}

}  // namespace

std::string AccuracyJson(const AccuracyRecord& record, const Tensor<double>& reference, const Tensor<double>& test) {
  const AccuracyVerdict verdict = AssessAccuracy(record, reference, test);
  Json json = ReferenceFields(record, verdict);
  json["reference_implementation"] = record.reference.device.device;
  json["threshold_pct"] = record.threshold_pct;
  json["failures"] = verdict.failures;
  json["formulas"] = Formulas();
  json["definitions"] = Definitions();
  json["vectors"] = {{"reference", kReferenceVectorsPath}, {"test", kTestVectorsPath}};
  json["reference"] = ReferenceJson(record.reference);
  json["test"] = DeviceJson(record.device);
  json["drift"] = DriftJson(record.drift);
  json["synthetic"] = record.model.synthetic;
  json["weights_sha256"] = record.model.weights_sha256;
  json["convnext_version"] = record.tool.version;
  json["convnext_commit"] = record.tool.commit;
  json["launcher"] = LauncherJson(record.launcher);
  json["timestamp"] = record.window.timestamp;
  return JsonText(json, 2) + "\n";
}

std::string AccuracyLog(const AccuracyRecord& record, const Tensor<double>& reference, const Tensor<double>& test) {
  const AccuracyVerdict verdict = AssessAccuracy(record, reference, test);
  const size_t count = record.inputs.size();
  std::string text =
      fmt::format("=== {} Accuracy Evaluation ===\nTime: {}\n", record.model.name, record.window.timestamp);
  text += NpuLine("NPU available", record.device);
  text += InputLines(record);
  text += fmt::format("Loading model on {}...\n", record.reference.device.device);
  text += fmt::format("Loading model on {}...\n", record.device.device);
  for (size_t n = 0; n < count; ++n)
    text += fmt::format("--- Image {}/{} ---\n", n + 1, count) + ImageLines(verdict.images[n]);
  text += fmt::format("=== Summary ===\nMax rel error: {:.6f}%\nMean rel error: {:.6f}%\n", verdict.max_rel_error_pct,
                      verdict.mean_rel_error_pct);
  text += fmt::format("Min cosine sim: {:.8f}\nAll pass (< 1%): {}\n", verdict.min_cosine_similarity,
                      verdict.passed() ? "True" : "False");
  return text + OwnLines(record, verdict);
}

}  // namespace convnext
