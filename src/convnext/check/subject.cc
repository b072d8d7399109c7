#include <algorithm>

#include "convnext/check/rules.h"
#include "convnext/json/json.h"

namespace convnext {
namespace {

using Json = nlohmann::ordered_json;

std::optional<Json> ReadJson(const Files& files, const std::string& path) {
  const auto file = files.find(path);
  if (file == files.end()) return std::nullopt;
  auto json = ParseJson(file->second);
  if (!json.ok()) return std::nullopt;
  return *std::move(json);
}

bool IsSubjectEntry(const Json& entry) {
  return entry.is_object() && entry.size() == 2 && entry.contains("name") && entry["name"].is_string() &&
         entry.contains("digest") && entry["digest"].is_object() && entry["digest"].size() == 1 &&
         entry["digest"].contains("sha256") && entry["digest"]["sha256"].is_string();
}

std::optional<ListedFiles> ReadListed(const Json& manifest) {
  const bool statement = manifest.is_object() && manifest.size() == 4 &&
                         manifest.value("_type", Json()) == "https://in-toto.io/Statement/v1" &&
                         manifest.value("predicateType", Json()) == "https://in-toto.io/attestation/test-result/v0.1" &&
                         manifest.contains("predicate") && manifest.contains("subject") &&
                         manifest["subject"].is_array();
  if (!statement) return std::nullopt;
  ListedFiles listed;
  for (const Json& entry : manifest["subject"]) {
    if (!IsSubjectEntry(entry)) return std::nullopt;
    const auto name = entry["name"].get<std::string>();
    if (!listed.digests.emplace(name, entry["digest"]["sha256"].get<std::string>()).second)
      listed.twice.push_back(name);
  }
  return listed;
}

void SetHostedApart(Subject& subject) {
  for (auto file = subject.files.begin(); file != subject.files.end();) {
    const auto next = std::next(file);
    if (IsHosted(file->first)) subject.hosted.insert(subject.files.extract(file));
    file = next;
  }
}

// Takes the CRs out of a text whose every line ends with CRLF; no text of a bundle holds one.
bool RestoreLineEnds(std::string& text) {
  const std::string restored = WithUnixLineEnds(text);
  const auto changed = static_cast<ptrdiff_t>(text.size() - restored.size());
  if (changed == 0 || changed != std::count(text.begin(), text.end(), '\n')) return false;
  text = restored;
  return true;
}

// What git did to the files that the manifest lists: it is undone where that can be, so that the other rules see what
// was made.
void UndoGit(Subject& subject) {
  if (!subject.listed) return;
  for (const auto& [path, digest] : subject.listed->digests) {
    const auto file = subject.files.find(path);
    if (file == subject.files.end() || DigestOf(file->second) == digest) continue;
    if (LfsPointerTarget(file->second)) subject.pointers.push_back(path);
    std::string restored = file->second;
    if (!RestoreLineEnds(restored) || DigestOf(restored) != digest) continue;
    file->second = restored;
    subject.changed_line_ends.push_back(path);
  }
}

void ReadManifest(Subject& subject) {
  const auto file = subject.files.find(kManifestPath);
  if (file == subject.files.end()) return;
  if (RestoreLineEnds(file->second)) subject.changed_line_ends.emplace_back(kManifestPath);
  subject.manifest = ReadJson(subject.files, kManifestPath);
  if (subject.manifest) subject.listed = ReadListed(*subject.manifest);
}

void ReadRaw(Subject& subject) {
  const std::string* text = subject.Text(kRunLogPath);
  if (text == nullptr) {
    subject.no_evidence = fmt::format("{} is missing", kRunLogPath);
    return;
  }
  if (!subject.pointers.empty()) {
    subject.no_evidence = fmt::format("{} is a Git LFS pointer, not the file (rule I2)", subject.pointers[0]);
    return;
  }
  auto log = RunLog::Parse(*text);
  if (!log.ok()) {
    subject.no_evidence = log.status().message();
    return;
  }
  auto evidence = ReadEvidence(*log, subject.files, subject.unknown_fields);
  subject.log = *std::move(log);
  if (!evidence.ok()) {
    subject.no_evidence = evidence.status().message();
  } else if (subject.log->Last(kReportEvent) == nullptr) {
    subject.no_evidence = fmt::format("{} has no line of the event \"{}\"", kRunLogPath, kReportEvent);
  } else {
    subject.evidence = *std::move(evidence);
    subject.expected = RenderDocuments(*subject.evidence);
  }
}

}  // namespace

const std::string* Subject::Text(const std::string& path) const {
  const auto file = files.find(path);
  return file == files.end() ? nullptr : &file->second;
}

const Json* Subject::Document(const std::string& path) const {
  const auto document = documents.find(path);
  return document == documents.end() ? nullptr : &document->second;
}

Subject MakeSubject(const Directory& bundle) {
  Subject subject;
  subject.files = bundle.files;
  subject.problems = bundle.problems;
  for (const std::string& path : bundle.empty_directories) subject.problems.push_back(path + ": an empty directory");
  SetHostedApart(subject);
  ReadManifest(subject);
  UndoGit(subject);
  for (const char* path : PathsOf(FileKind::kJson)) {
    if (auto json = ReadJson(subject.files, path)) subject.documents[path] = *std::move(json);
  }
  ReadRaw(subject);
  return subject;
}

DecodeOptions DecodingOf(const Evidence& e) {
  DecodeOptions options;
  if (e.adapt && e.adapt->exif_orientation == Name(ExifOrientation::kApply))
    options.orientation = ExifOrientation::kApply;
  for (const auto* inputs : {&e.inference.inputs, &e.accuracy.inputs, &e.performance.inputs}) {
    for (const InputFacts& input : *inputs) {
      if (input.turned != 0) options.orientation = ExifOrientation::kApply;
    }
  }
  return options;
}

int64_t DeviceCount(const DeviceFacts& device) {
  return 1 + std::count(device.device.begin(), device.device.end(), ',');
}

int64_t LeastWeightBytes(const Evidence& e) {
  return 2 * std::clamp<int64_t>(e.accuracy.model.parameters, 0, int64_t{1} << 40);
}

std::optional<ReadmeParts> SplitReadme(const std::string& readme) {
  constexpr std::string_view kBegin = "---\n", kEnd = "\n---\n";
  if (!readme.starts_with(kBegin)) return std::nullopt;
  const size_t end = readme.find(kEnd, kBegin.size() - 1);
  if (end == std::string::npos) return std::nullopt;
  return ReadmeParts{readme.substr(kBegin.size(), end + 1 - kBegin.size()), readme.substr(end + kEnd.size())};
}

bool IsText(const std::string& path) {
  return path.ends_with(".md") || path.ends_with(".json") || path.ends_with(".jsonl") || path.ends_with(".log") ||
         path.ends_with(".txt");
}

std::string FirstDifference(const std::string& found, const std::string& expected) {
  const auto [a, b] = std::mismatch(found.begin(), found.end(), expected.begin(), expected.end());
  const auto line_of = [](const std::string& text, size_t place) {
    const size_t begin = place == 0 ? 0 : text.rfind('\n', place - 1) + 1;
    return text.substr(begin, std::min(text.find('\n', place), text.size()) - begin);
  };
  const auto place = static_cast<size_t>(a - found.begin());
  const auto number = 1 + std::count(found.begin(), a, '\n');
  return fmt::format("line {}: found \"{}\", expected \"{}\"", number, Printable(line_of(found, place)),
                     Printable(line_of(expected, static_cast<size_t>(b - expected.begin()))));
}

}  // namespace convnext
