#include "convnext/bundle/embedding_report.h"

#include <nlohmann/json.hpp>

#include "convnext/bundle/embedded_units.h"
#include "convnext/bundle/layout.h"

namespace convnext {
namespace {

using Json = nlohmann::ordered_json;

// By this process; nothing where it embedded none.
std::optional<double> PicturesPerSecond(const EmbeddingRecord& record) {
  if (record.own_pictures == 0 || record.run_ns == 0) return std::nullopt;
  return static_cast<double>(record.own_pictures) / Seconds(record.run_ns);
}

bool IsComplete(const EmbeddingRecord& record, const std::vector<EmbeddedUnit>& units) {
  return static_cast<int64_t>(units.size()) == record.units;
}

// What the process did that recorded it.
Json OwnRunJson(const EmbeddingRecord& record) {
  const auto rate = PicturesPerSecond(record);
  return {{"rank", record.rank},
          {"ranks", record.ranks},
          {"pictures", record.own_pictures},
          {"rows", record.own_rows},
          {"failed", CountFailures(record.own_failures)},
          {"failures", record.own_failures},
          {"seconds", Seconds(record.run_ns)},
          {"pictures_per_sec", rate ? Json(*rate) : Json()},
          {"load_time_sec", Seconds(record.load_ns)},
          {"timestamp", record.window.timestamp}};
}

Json SetupJson(const EmbeddingRecord& record) {
  const DeviceFacts& device = record.device;
  return {{"model", record.model.name},
          {"device", device.device},
          {"dtype", device.dtype},
          {"npu_name", device.npu_name ? Json(*device.npu_name) : Json()},
          {"simd_target", device.simd_target},
          {"threads", device.threads},
          {"batch_size", record.batch_size},
          {"normalized", record.normalize},
          {"store", record.store},
          {"synthetic", record.model.synthetic},
          {"weights_sha256", record.model.weights_sha256}};
}

std::string CodesText(const std::map<std::string, int64_t>& failures) {
  std::string text;
  for (const auto& [code, count] : failures)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, Printable(code));
  return text.empty() ? "none" : text;
}

std::string SetupLine(const EmbeddingRecord& record) {
  const DeviceFacts& device = record.device;
  const std::string what = device.npu_name ? *device.npu_name : device.simd_target;
  return fmt::format("Device: {} ({}, {}), batches of {}\n", device.device, what, device.dtype, record.batch_size);
}

std::string OwnRunLines(const EmbeddingRecord& record) {
  const auto rate = PicturesPerSecond(record);
  return fmt::format("=== This process: rank {} of {} ===\nPictures: {}\nRows: {}\nFailures: {}\nTime: {:.4f}s\n",
                     record.rank, record.ranks, record.own_pictures, record.own_rows, CodesText(record.own_failures),
                     Seconds(record.run_ns)) +
         (rate ? fmt::format("Throughput: {:.2f} img/s\n", *rate) : "Throughput: none, it embedded no picture\n");
}

// A line where the two are not the same.
void AddDifference(const char* name, const std::string& there, const std::string& here, std::string& text) {
  if (there != here) text += fmt::format("  {}: {} there, {} here\n", name, Printable(there), Printable(here));
}

const char* KindText(const DeviceFacts& device) {
  const auto kind = FindDeviceKind(device.device);
  return kind ? Name(*kind) : "unknown";
}

std::string ToolText(const ToolFacts& tool) {
  return fmt::format("convnext {} commit {} sha256 {}", tool.version, tool.commit, tool.binary_sha256);
}

// What a phase of the log was measured with.
struct PhaseFacts {
  ToolFacts tool;
  ModelFacts model;
  DeviceFacts device;
};

template <class Record>
std::optional<PhaseFacts> FactsOfPhase(const RunLog& log, const char* event,
                                       Result<Record> (*parse)(const Json&, std::vector<std::string>*)) {
  const RunLogEntry* entry = log.Last(event);
  if (entry == nullptr) return std::nullopt;
  std::vector<std::string> unknown;
  const auto record = parse(entry->record, &unknown);
  if (!record.ok()) return std::nullopt;
  return PhaseFacts{record->tool, record->model, record->device};
}

std::optional<PhaseFacts> FindPhase(const RunLog& log) {
  auto phase = FactsOfPhase(log, kAccuracyEvent, ParseAccuracyRecord);
  if (!phase) phase = FactsOfPhase(log, kPerformanceEvent, ParsePerformanceRecord);
  if (!phase) phase = FactsOfPhase(log, kInferenceEvent, ParseInferenceRecord);
  return phase;
}

// An adapt that was interrupted before its first inference has said what it will measure.
std::string DifferencesFromJob(const RunLog& log, const EmbeddingRecord& here) {
  std::string text;
  const RunLogEntry* entry = log.Last(kAdaptEvent);
  const auto job = entry == nullptr ? Result<AdaptRecord>(Invalid("none")) : ParseAdaptRecord(entry->record);
  if (!job.ok()) return text;
  AddDifference("program", ToolText(job->tool), ToolText(here.tool), text);
  AddDifference("weights_sha256", job->weights_sha256, here.model.weights_sha256, text);
  return text;
}

}  // namespace

std::string EmbeddingJson(const EmbeddingRecord& record, const std::vector<EmbeddedUnit>& units) {
  const EmbeddingTotals totals = TotalsOf(units);
  Json json = SetupJson(record);
  json["complete"] = IsComplete(record, units);
  json["units"] = record.units;
  json["units_done"] = units.size();
  json["pictures"] = record.pictures;
  json["pictures_done"] = totals.pictures;
  json["rows"] = totals.rows;
  json["failed"] = totals.failed;
  json["failures"] = totals.failures;
  json["plan_sha256"] = record.plan_sha256;
  json["units_list"] = kEmbeddedUnitsPath;
  json["units_list_sha256"] = DigestOf(EmbeddedUnitsText(units));
  json["this_process"] = OwnRunJson(record);
  json["methods"] = {{"failed", "pictures without a row; an archive that is damaged at its end counts as one more"},
                     {"pictures_per_sec",
                      "pictures of this process / its seconds; reading, decoding, resizing, the "
                      "forward passes and writing, not loading the model"}};
  json["convnext_version"] = record.tool.version;
  json["convnext_commit"] = record.tool.commit;
  json["launcher"] = LauncherJson(record.launcher);
  return JsonText(json, 2) + "\n";
}

std::string EmbeddingLog(const EmbeddingRecord& record, const std::vector<EmbeddedUnit>& units) {
  const EmbeddingTotals totals = TotalsOf(units);
  std::string text = fmt::format("=== {} Embedding ===\nStarted: {}\n", record.model.name, record.window.timestamp);
  text += fmt::format("Model: {}{}\n", record.model.name, record.model.synthetic ? " (SYNTHETIC WEIGHTS)" : "");
  text += SetupLine(record);
  text += fmt::format("Units: {} of {}{}\n", units.size(), record.units,
                      IsComplete(record, units) ? "" : " (INCOMPLETE: units are left)");
  text += fmt::format("Pictures: {} of {}\nRows: {}\nFailures: {}\n", totals.pictures, record.pictures, totals.rows,
                      CodesText(totals.failures));
  return text + OwnRunLines(record);
}

std::string EmbeddingDifferences(const ModelFacts& model, const DeviceFacts& device, const EmbeddingRecord& here) {
  std::string text;
  AddDifference("model", model.name, here.model.name, text);
  AddDifference("weights_sha256", model.weights_sha256, here.model.weights_sha256, text);
  AddDifference("image_size", fmt::format("{}x{}", model.image_size.height, model.image_size.width),
                fmt::format("{}x{}", here.model.image_size.height, here.model.image_size.width), text);
  AddDifference("config_sha256", DigestOf(model.config), DigestOf(here.model.config), text);
  AddDifference("device", KindText(device), KindText(here.device), text);
  if (IsNpu(here.device.device))
    AddDifference("npu_name", device.npu_name.value_or("none"), here.device.npu_name.value_or("none"), text);
  AddDifference("dtype", device.dtype, here.device.dtype, text);
  AddDifference("simd_target", device.simd_target, here.device.simd_target, text);
  return text;
}

Status CheckJoins(const RunLog& log, const EmbeddingRecord& here) {
  const auto phase = FindPhase(log);
  std::string differences;
  if (phase) {
    AddDifference("program", ToolText(phase->tool), ToolText(here.tool), differences);
    differences += EmbeddingDifferences(phase->model, phase->device, here);
  } else {
    differences = DifferencesFromJob(log, here);
  }
  if (differences.empty()) return {};
  return Invalid(
      "its evidence is of something else (there: {}, here: this command); name another --evidence, or embed with the "
      "same:\n{}",
      kRunLogPath, differences);
}

}  // namespace convnext
