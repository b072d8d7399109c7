#include <algorithm>

#include "check/rules.h"

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

void ReadRaw(Subject& subject) {
  const std::string* text = subject.Text(kRunLogPath);
  if (text == nullptr) {
    subject.no_evidence = fmt::format("{} is missing", kRunLogPath);
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
  subject.manifest = ReadJson(bundle.files, kManifestPath);
  for (const char* path : PathsOf(FileKind::kJson)) {
    if (auto json = ReadJson(bundle.files, path)) subject.documents[path] = *std::move(json);
  }
  ReadRaw(subject);
  return subject;
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
