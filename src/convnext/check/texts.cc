// Bundles without raw data (of the reference's layout, made elsewhere): what their texts say is held against what their
// texts say.
#include <algorithm>
#include <cmath>
#include <ctime>
#include <iomanip>
#include <regex>
#include <set>
#include <sstream>

#include "convnext/check/rules.h"

namespace convnext {
namespace {

using Json = nlohmann::ordered_json;

std::optional<double> Number(const Json& object, const char* name) {
  if (!object.is_object() || !object.contains(name) || !object[name].is_number()) return std::nullopt;
  return object[name].get<double>();
}

std::optional<double> NumberIn(const Subject& subject, const char* path, const char* name) {
  const Json* document = subject.Document(path);
  return document == nullptr ? std::nullopt : Number(*document, name);
}

bool IsClose(double a, double b, double relative) {
  return std::abs(a - b) <= relative * std::max(std::abs(a), std::abs(b));
}

// The batches of performance_eval.json: size and its object.
std::vector<std::pair<int, Json>> Batches(const Subject& subject) {
  std::vector<std::pair<int, Json>> batches;
  const Json* document = subject.Document(kPerformanceJsonPath);
  if (document == nullptr || !document->is_object() || !document->contains("per_batch_results")) return batches;
  for (const auto& [name, batch] : (*document)["per_batch_results"].items()) {
    if (name.starts_with("bs") && name.size() < 7) batches.emplace_back(std::atoi(name.c_str() + 2), batch);
  }
  return batches;
}

struct Statement {
  std::string where, what;
};

std::string Join(const std::vector<Statement>& statements) {
  std::string text;
  for (const Statement& s : statements) text += (text.empty() ? "" : "; ") + s.what + " in " + s.where;
  return text;
}

bool AllSame(const std::vector<Statement>& statements) {
  return std::all_of(statements.begin(), statements.end(), [&](const auto& s) { return s.what == statements[0].what; });
}

// The string or JSON text at the top of a document, for each document that has the field.
void CollectStatements(const Subject& subject, const char* path, const char* field,
                       std::vector<Statement>& statements) {
  const Json* document = subject.Document(path);
  if (document == nullptr || !document->is_object() || !document->contains(field) || (*document)[field].is_null())
    return;
  const Json& value = (*document)[field];
  statements.push_back({path, value.is_string() ? value.get<std::string>() : JsonText(value)});
}

void RequireSame(const char* quantity, const std::vector<Statement>& statements, Findings& findings) {
  if (!AllSame(statements)) findings.Fail("{}: {}", quantity, Join(statements));
}

// The matches of `pattern`'s first group in a text.
void CollectMatches(const Subject& subject, const std::string& path, const char* pattern,
                    std::vector<Statement>& statements) {
  const std::string* text = subject.Text(path);
  if (text == nullptr) return;
  // std::regex recurses: line by line, and no long lines.
  constexpr size_t kLongest = 500;
  const std::regex expression(pattern);
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (line.size() <= kLongest && std::regex_search(line, match, expression)) statements.push_back({path, match[1]});
  }
}

}  // namespace

std::optional<double> ParseTimestamp(const std::string& text) {
  constexpr size_t kLength = 19;
  std::tm time{};
  std::istringstream stream(text);
  stream >> std::get_time(&time, "%Y-%m-%d %H:%M:%S");
  if (stream.fail() || text.size() != kLength) return std::nullopt;
  return static_cast<double>(timegm(&time));
}

void ThroughputOfTexts(const Subject& subject, Findings& findings) {
  for (const auto& [size, batch] : Batches(subject)) {
    const auto mean = Number(batch, "avg_time_sec"), throughput = Number(batch, "throughput_img_per_sec");
    if (!mean || !throughput || *mean <= 0) {
      findings.Fail("{} bs{}: no mean time or no throughput", kPerformanceJsonPath, size);
    } else if (!IsClose(*throughput, size / *mean, kRoundedTime)) {
      findings.Fail("{} bs{}: throughput {:.2f} img/s, but {} images in {:.6f} s are {:.2f} img/s{}",
                    kPerformanceJsonPath, size, *throughput, size, *mean, size / *mean,
                    IsClose(*throughput, 1 / *mean, kRoundedTime) ? " (it is 1 / mean time, batches per second)" : "");
    }
  }
}

void StatisticsOfTexts(const Subject& subject, Findings& findings) {
  for (const auto& [size, batch] : Batches(subject)) {
    const auto least = Number(batch, "min_time_sec"), mean = Number(batch, "avg_time_sec"),
               most = Number(batch, "max_time_sec"), p50 = Number(batch, "p50_sec"), p90 = Number(batch, "p90_sec");
    if (!least || !mean || !most || !p50 || !p90) {
      findings.Fail("{} bs{}: a statistic is missing", kPerformanceJsonPath, size);
    } else if (!(*least <= *p50 && *p50 <= *p90 && *p90 <= *most && *least <= *mean && *mean <= *most)) {
      findings.Fail("{} bs{}: minimum, mean, percentiles and maximum are out of order", kPerformanceJsonPath, size);
    }
  }
}

void RunsOfTexts(const Subject& subject, Findings& findings) {
  if (Batches(subject).empty()) findings.Fail("{}: no batches", kPerformanceJsonPath);
  for (const auto& [size, batch] : Batches(subject)) {
    const auto runs = Number(batch, "num_runs"), warmup = Number(batch, "warmup");
    if (!runs || !warmup || *runs < static_cast<double>(kMinRuns) || *warmup < static_cast<double>(kMinWarmup))
      findings.Fail("{} bs{}: fewer than {} runs, or no warm-up", kPerformanceJsonPath, size, kMinRuns);
  }
}

void AccuracyOfTexts(const Subject& subject, Findings& findings) {
  const Json* document = subject.Document(kAccuracyJsonPath);
  if (document == nullptr || !document->is_object() || !document->contains("per_image_results") ||
      !(*document)["per_image_results"].is_array() || (*document)["per_image_results"].empty())
    return findings.Fail("{}: no images", kAccuracyJsonPath);
  double largest = 0, sum = 0, least_cosine = 1e9;
  const Json& images = (*document)["per_image_results"];
  for (const Json& image : images) {
    const auto most = Number(image, "max_rel_error_pct"), mean = Number(image, "mean_rel_error_pct"),
               cosine = Number(image, "cosine_similarity");
    if (!most || !mean || !cosine) return findings.Fail("{}: an image without its errors", kAccuracyJsonPath);
    if (*mean > *most) findings.Fail("{}: a mean error above the largest", kAccuracyJsonPath);
    if (std::abs(*cosine) > 1 + kCosineSlack) findings.Fail("{}: a cosine of {}", kAccuracyJsonPath, *cosine);
    largest = std::max(largest, *most);
    sum += *mean;
    least_cosine = std::min(least_cosine, *cosine);
  }
  const std::pair<const char*, double> overall[] = {
      {"overall_max_rel_error_pct", largest},
      {"overall_mean_rel_error_pct", sum / static_cast<double>(images.size())},
      {"overall_min_cosine_similarity", least_cosine},
      {"num_images", static_cast<double>(images.size())}};
  for (const auto& [name, expected] : overall) {
    const auto found = Number(*document, name);
    if (!found || !IsClose(*found, expected, kPrintedInFull))
      findings.Fail("{}: {} does not follow from the images", kAccuracyJsonPath, name);
  }
}

void VerdictOfTexts(const Subject& subject, Findings& findings) {
  const auto error = NumberIn(subject, kAccuracyJsonPath, "overall_max_rel_error_pct");
  if (!error) return findings.Fail("{}: no overall_max_rel_error_pct", kAccuracyJsonPath);
  if (!(*error < kThresholdPct))
    findings.Fail("{}: max_rel_error_pct {}, not below {}", kAccuracyJsonPath, *error, kThresholdPct);
}

// The README's own figure for the error must be the largest, not a mean or one image's.
static void ErrorInReadme(const Subject& subject, Findings& findings) {
  const auto largest = NumberIn(subject, kAccuracyJsonPath, "overall_max_rel_error_pct");
  std::vector<Statement> stated;
  CollectMatches(subject, kChineseReadmePath, "([0-9]+\\.[0-9]{6,})%", stated);
  for (const Statement& s : stated) {
    if (largest && !IsClose(std::atof(s.what.c_str()), *largest, kPrintedInFull))
      findings.Fail("{} gives the error as {} %, {} says at most {} %", s.where, s.what, kAccuracyJsonPath, *largest);
  }
}

void RepeatedQuantitiesOfTexts(const Subject& subject, Findings& findings) {
  std::vector<Statement> models;
  for (const char* path : {kAccuracyJsonPath, kPerformanceJsonPath, kInferenceJsonPath, kEnvironmentJsonPath})
    CollectStatements(subject, path, "model", models);
  RequireSame("the model", models, findings);
  std::vector<Statement> dtypes;
  for (const char* path : {kPerformanceJsonPath, kInferenceJsonPath}) CollectStatements(subject, path, "dtype", dtypes);
  RequireSame("the dtype", dtypes, findings);
  std::vector<Statement> sizes;
  for (const char* path : {kPerformanceJsonPath, kEnvironmentJsonPath})
    CollectStatements(subject, path, "input_size", sizes);
  RequireSame("the input size", sizes, findings);
  ErrorInReadme(subject, findings);

  const auto single = NumberIn(subject, kInferenceJsonPath, "images_per_sec");
  for (const auto& [size, batch] : Batches(subject)) {
    const auto throughput = Number(batch, "throughput_img_per_sec");
    if (size != 1 || !single || !throughput || *throughput <= 0) continue;
    const double ratio = *single / *throughput;
    if (ratio > kNoise || ratio < 1 / kNoise)
      findings.Fail("{} has {:.2f} img/s for one image, {} {:.2f} img/s at batch 1", kInferenceJsonPath, *single,
                    kPerformanceJsonPath, *throughput);
  }
}

void CommitsOfTexts(const Subject& subject, Findings& findings) {
  std::vector<Statement> commits;
  CollectMatches(subject, kEnvironmentLogPath, "^Commit: ([0-9a-f]{7,40})", commits);
  CollectMatches(subject, kChineseReadmePath, "(?:提交|[Cc]ommit)[^0-9a-f]{1,20}([0-9a-f]{7,40})(?![0-9a-f])", commits);
  size_t shortest = 40;
  for (const Statement& s : commits) shortest = std::min(shortest, s.what.size());
  std::vector<Statement> prefixes = commits;
  for (Statement& s : prefixes) s.what.resize(shortest);
  if (!AllSame(prefixes)) findings.Fail("different commits: {}", Join(commits));
}

void TimestampsOfTexts(const Subject& subject, Findings& findings) {
  std::vector<Statement> times;
  CollectStatements(subject, kEnvironmentJsonPath, "timestamp", times);
  for (const char* path : PathsOf(FileKind::kLog))
    CollectMatches(subject, path, "^(?:# Date|Time|timestamp): ([0-9-]{10} [0-9:]{8})", times);
  std::vector<std::pair<double, Statement>> ordered;
  for (const Statement& s : times) {
    if (const auto time = ParseTimestamp(s.what)) ordered.emplace_back(*time, s);
  }
  if (ordered.empty()) return findings.Fail("no time is stated anywhere");
  const auto [first, last] = std::minmax_element(ordered.begin(), ordered.end(),
                                                 [](const auto& a, const auto& b) { return a.first < b.first; });
  const double hours = (last->first - first->first) / 3600;
  if (hours > kOneSittingHours) findings.Fail("{:.1f} hours apart: {}", hours, Join({first->second, last->second}));
}

void DevicesOfTexts(const Subject& subject, Findings& findings) {
  std::vector<Statement> devices, names;
  CollectStatements(subject, kInferenceJsonPath, "device", devices);
  CollectStatements(subject, kAccuracyJsonPath, "test_device", devices);
  CollectStatements(subject, kPerformanceJsonPath, "device", devices);
  if (devices.empty()) findings.Fail("no device is stated anywhere");
  RequireSame("the device", devices, findings);
  for (const char* path : {kInferenceJsonPath, kAccuracyJsonPath, kPerformanceJsonPath, kEnvironmentJsonPath})
    CollectStatements(subject, path, "npu_name", names);
  RequireSame("the NPU", names, findings);
}

}  // namespace convnext
