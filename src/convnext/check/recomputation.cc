// Recomputation: every number in the JSON files, logs, READMEs and pictures follows from the raw vectors and times, to
// the last printed digit.
#include <algorithm>

#include "convnext/check/rules.h"
#include "convnext/json/json.h"

namespace convnext {
namespace {

using Json = nlohmann::ordered_json;

// The values of a JSON document by their place, "/per_batch_results/bs4/avg_time_sec", as text.
void Flatten(const Json& json, const std::string& place, std::map<std::string, std::string>& values) {
  if (!json.is_structured() || json.empty()) {
    values[place] = JsonText(json);
    return;
  }
  size_t index = 0;
  for (const auto& [name, element] : json.items()) {
    Flatten(element, place + "/" + (json.is_array() ? std::to_string(index) : name), values);
    ++index;
  }
}

struct Difference {
  std::string place, found, expected;
};

// Where a document is not what the raw data give. A document that cannot be read differs as a whole, at "".
std::vector<Difference> Differences(const Subject& subject, const std::string& path) {
  const std::string& expected_text = subject.expected.at(path);
  const std::string* text = subject.Text(path);
  const Json* document = subject.Document(path);
  if (document == nullptr) return {{"", "nothing that can be read", "a JSON document"}};
  std::map<std::string, std::string> found, expected;
  Flatten(*document, "", found);
  const auto expected_json = ParseJson(expected_text, {.bytes = expected_text.size()});
  if (expected_json.ok()) Flatten(*expected_json, "", expected);
  std::vector<Difference> differences;
  for (const auto& [place, value] : expected) {
    const auto other = found.find(place);
    if (other == found.end() || other->second != value)
      differences.push_back({place, other == found.end() ? "nothing" : other->second, value});
  }
  for (const auto& [place, value] : found) {
    if (!expected.contains(place)) differences.push_back({place, value, "nothing"});
  }
  if (differences.empty() && *text != expected_text)
    differences.push_back({"", "the same values in other words", FirstDifference(*text, expected_text)});
  return differences;
}

bool IsThroughput(const std::string& place) { return place.ends_with("/throughput_img_per_sec"); }

bool IsStatistic(const std::string& place) {
  if (place.find("/stability/") != std::string::npos) return true;
  const std::string name = place.substr(place.rfind('/') + 1);
  return place.starts_with("/per_batch_results/") && name.ends_with("_sec") && !IsThroughput(place);
}

void FailDifferences(const Subject& subject, const std::string& path, bool (*belongs)(const std::string& place),
                     Findings& findings) {
  for (const Difference& difference : Differences(subject, path)) {
    if (!belongs(difference.place)) continue;
    findings.Fail("{} {}: found {}, the raw data give {}", path, difference.place, Printable(difference.found, 100),
                  Printable(difference.expected, 100));
  }
}

bool IsAnyField(const std::string&) { return true; }

// R0
void RawDataIsThere(const Subject&, Findings&) {}
void RawDataIsNotThere(const Subject& subject, Findings& findings) { findings.Fail("{}", subject.no_evidence); }

// A text without the first line that is just a run digest, whichever.
std::string WithoutDigest(std::string text) {
  constexpr std::string_view kLine = "\nrun digest: sha256:";
  const size_t begin = text.find(kLine), end = begin + kLine.size() + kSha256Digits;
  if (begin == std::string::npos || end >= text.size() || text[end] != '\n') return text;
  const bool digest = IsSha256Hex(std::string_view(text).substr(begin + kLine.size(), kSha256Digits));
  if (digest) text.erase(begin, end - begin);
  return text;
}

// R1. The front matter is rule F2's, the digest rule I3's.
void ReadmesFollow(const Subject& subject, Findings& findings) {
  for (const auto& [path, expected] : RenderReadmes(*subject.evidence, subject.expected, subject.log->digest())) {
    const std::string* text = subject.Text(path);
    const auto found = text == nullptr ? std::nullopt : SplitReadme(*text);
    if (!found) continue;  // rule F2 says so
    const std::string found_body = WithoutDigest(found->body);
    const std::string body = WithoutDigest(SplitReadme(expected)->body);
    if (found_body != body) findings.Fail("{}, below the front matter, {}", path, FirstDifference(found_body, body));
  }
}

// R2
void ThroughputFollows(const Subject& subject, Findings& findings) {
  FailDifferences(subject, kPerformanceJsonPath, IsThroughput, findings);
}

// R3
void StatisticsFollow(const Subject& subject, Findings& findings) {
  FailDifferences(subject, kPerformanceJsonPath, IsStatistic, findings);
}

// R4
void EnoughRuns(const Subject& subject, Findings& findings) {
  const double least = subject.evidence->performance.min_time_sec;
  if (!kMinTimes.Contains(least)) findings.Fail("at least {} s of runs were asked for", least);
  for (const BatchTimes& batch : subject.evidence->performance.batches) {
    if (batch.times_ns.size() < kMinRuns || batch.warmup_ns.size() < kMinWarmup) {
      findings.Fail("batch {}: {} runs after {} warm-up runs; at least {} and {} are wanted", batch.batch_size,
                    batch.times_ns.size(), batch.warmup_ns.size(), kMinRuns, kMinWarmup);
    }
    const double seconds = Summarize(batch.times_ns).avg_sec * static_cast<double>(batch.times_ns.size());
    if (batch.times_ns.size() < static_cast<size_t>(kMaxRuns) && seconds < kTimedPart * least)
      findings.Fail("batch {}: {:.3f} s of runs, {} s were asked for", batch.batch_size, seconds, least);
  }
}

// R5
void AccuracyFollows(const Subject& subject, Findings& findings) {
  FailDifferences(subject, kAccuracyJsonPath, IsAnyField, findings);
}

// R6
void LogsFollow(const Subject& subject, Findings& findings) {
  for (const auto& [path, expected] : subject.expected) {
    if (!path.ends_with(".log")) continue;
    const std::string* found = subject.Text(path);
    if (found == nullptr) findings.Fail("{} is missing", path);
    if (found != nullptr && *found != expected) findings.Fail("{}, {}", path, FirstDifference(*found, expected));
  }
}

// R7
void InferenceFollows(const Subject& subject, Findings& findings) {
  FailDifferences(subject, kInferenceJsonPath, IsAnyField, findings);
}

// Other versions of the libraries smooth edges in another way; with the same fonts the picture still looks the same.
void CompareLooks(const std::string& path, const std::string& png, const std::string& renderer, const Picture& picture,
                  Findings& findings) {
  const auto drawn = RenderPictureLike(picture, renderer);
  if (!drawn.ok())
    return findings.NotChecked("{}: {}. Install fonts-dejavu-core, or check it where it was made", path,
                               drawn.status().message());
  const auto alike = LookAlike(*drawn, png);
  if (!alike.ok()) return findings.Fail("{}: {}", path, alike.status().message());
  if (!*alike) return findings.Fail("{}: it does not show its text", path);
  findings.Warn("{}: drawn by {}, here is {}: it looks the same, but its pixels cannot be compared one by one", path,
                renderer, PictureRenderer());
}

void CheckPicture(const std::string& path, const std::string& png, const Picture& picture, Findings& findings) {
  const auto facts = ReadPicture(png);
  if (!facts.ok()) return findings.Fail("{}: {}", path, facts.status().message());
  const std::string expected = PictureText(picture);
  if (facts->text != expected) return findings.Fail("{}, its text, {}", path, FirstDifference(facts->text, expected));
  if (facts->software != PictureRenderer()) return CompareLooks(path, png, facts->software, picture, findings);
  const auto drawn = PicturePng(picture);
  if (drawn.ok() && *drawn == png) return;  // to the last byte
  const auto same = drawn.ok() ? SamePixels(*drawn, png) : Result<bool>(drawn.status());
  if (!same.ok()) return findings.Fail("{}: {}", path, same.status().message());
  if (!*same) findings.Fail("{}: its pixels are not those of its text", path);
}

// R8
void PicturesFollow(const Subject& subject, Findings& findings) {
  for (const auto& [path, picture] : MakePictures(*subject.evidence, subject.expected)) {
    const std::string* png = subject.Text(path);
    if (png != nullptr) CheckPicture(path, *png, picture, findings);
  }
}

// R9
void ManifestVerdictFollows(const Subject& subject, Findings& findings) {
  if (!subject.manifest || !subject.manifest->is_object())
    return findings.NotChecked("{} cannot be read", kManifestPath);
  const auto expected = ParseJson(ManifestJson(*subject.evidence, {}, subject.log->digest()));
  if (subject.manifest->value("predicate", Json()) != (*expected)["predicate"])
    findings.Fail("{}: its predicate is not the test result that the raw data give", kManifestPath);
}

bool IsRestated(const std::string& place) { return !IsThroughput(place) && !IsStatistic(place); }

// R10
void FactsAreRestated(const Subject& subject, Findings& findings) {
  FailDifferences(subject, kPerformanceJsonPath, IsRestated, findings);
  FailDifferences(subject, kEnvironmentJsonPath, IsAnyField, findings);
}

}  // namespace

std::vector<Rule> RecomputationRules() {
  return {
      {"R0", "the raw vectors and times are there and can be read", RawDataIsThere, RawDataIsNotThere},
      {"R1", "every number in the READMEs follows from the raw data", ReadmesFollow, nullptr},
      {"R2", "throughput is batch / mean time", ThroughputFollows, ThroughputOfTexts},
      {"R3", "mean, standard deviation, extremes and percentiles follow from the times", StatisticsFollow,
       StatisticsOfTexts},
      {"R4", "enough runs, after a warm-up at each batch size", EnoughRuns, RunsOfTexts},
      {"R5", "every error in accuracy_eval.json follows from both vectors", AccuracyFollows, AccuracyOfTexts},
      {"R6", "every line of the logs follows from the raw data", LogsFollow, nullptr},
      {"R7", "inference.json follows from the vector and the times", InferenceFollows, nullptr},
      {"R8", "the pictures show what follows from the raw data", PicturesFollow, nullptr},
      {"R9", "the manifest's test result follows from the raw data", ManifestVerdictFollows, nullptr},
      {"R10", "env_info.json and performance_eval.json restate the recorded facts", FactsAreRestated, nullptr},
  };
}

}  // namespace convnext
