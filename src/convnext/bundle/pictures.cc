#include "convnext/bundle/pictures.h"

#include "convnext/bundle/layout.h"
#include "convnext/bundle/performance_report.h"

namespace convnext {
namespace {

// Said in every picture, so that none can be taken for more than it is.
std::string Subject(const Evidence& evidence) {
  return fmt::format("{}{} on {}", evidence.accuracy.model.name,
                     evidence.accuracy.model.synthetic ? " (synthetic weights)" : "", evidence.accuracy.device.device);
}

Chart ErrorChart(const Evidence& evidence) {
  Chart chart;
  chart.title = "Largest relative error of each image";
  chart.x_label = "image";
  chart.y_label = "max_rel_error_pct (%)";
  chart.log_scale = true;
  chart.limit = kThresholdPct;
  chart.limit_label = fmt::format("limit {} %", kThresholdPct);
  const AccuracyVerdict verdict =
      AssessAccuracy(evidence.accuracy, evidence.reference_embeddings, evidence.test_embeddings);
  for (size_t n = 0; n < verdict.images.size(); ++n) {
    chart.labels.push_back(std::to_string(n + 1));
    chart.values.push_back(verdict.images[n].max_rel_error_pct);
  }
  return chart;
}

template <class Value>
Chart BatchChart(const PerformanceRecord& record, const char* title, const char* y_label, const Value& value) {
  Chart chart;
  chart.title = title;
  chart.x_label = "batch size";
  chart.y_label = y_label;
  chart.mark = Mark::kLine;
  for (const BatchTimes& batch : record.batches) {
    chart.labels.push_back(std::to_string(batch.batch_size));
    chart.values.push_back(value(batch));
  }
  return chart;
}

Picture PerformancePicture(const Evidence& evidence, const Files& documents) {
  const PerformanceRecord& record = evidence.performance;
  return {"Performance: " + Subject(evidence),
          documents.at(kPerformanceLogPath),
          {BatchChart(record, "Latency", "mean time of a batch (ms)",
                      [](const BatchTimes& batch) { return 1000 * Summarize(batch.times_ns).avg_sec; }),
           BatchChart(record, "Throughput", "images per second", ThroughputImagesPerSecond)}};
}

std::string GitText(const std::optional<GitFacts>& git) {
  if (!git) return "not in a git repository\n";
  return fmt::format("branch: {}\ncommit: {}\nuncommitted changes: {}\nremote: {}\n", Printable(git->branch),
                     Printable(git->commit), git->dirty ? "yes" : "no",
                     git->remote ? Printable(*git->remote, 500) : "none");
}

}  // namespace

std::map<std::string, Picture> MakePictures(const Evidence& evidence, const Files& documents) {
  const std::string subject = Subject(evidence);
  return {{kAccuracyPicturePath, {"Accuracy: " + subject, documents.at(kAccuracyLogPath), {ErrorChart(evidence)}}},
          {kEnvironmentPicturePath, {"Environment", documents.at(kEnvironmentLogPath), {}}},
          {kGitPicturePath, {"Repository", GitText(evidence.report.git), {}}},
          {kInferencePicturePath, {"Inference: " + subject, documents.at(kInferenceLogPath), {}}},
          {kPerformancePicturePath, PerformancePicture(evidence, documents)}};
}

Result<std::string> PicturePng(const Picture& picture) {
  constexpr size_t kKept = 16;  // a bundle has five
  static Recent<Picture, Result<std::string>> recent(kKept);
  return recent.Get(
      picture, [&picture] { return RenderPicture(picture); }, [](const auto& png) { return png.ok(); });
}

Result<Files> RenderPictures(const Evidence& evidence, const Files& documents) {
  Files files;
  for (const auto& [path, picture] : MakePictures(evidence, documents)) {
    auto png = PicturePng(picture);
    if (!png.ok()) return png.status().Prefixed(path);
    files[path] = *std::move(png);
  }
  return files;
}

}  // namespace convnext
