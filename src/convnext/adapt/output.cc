#include "convnext/adapt/output.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <utility>

#include "convnext/json/json.h"

namespace convnext {
namespace {

namespace fs = std::filesystem;

// Whether a run of adapt began it: only such a directory may be emptied. (Evaluations leave a run log too, in whatever
// directory they are started.)
bool IsBundle(const Directory& directory) {
  const auto file = directory.files.find(kRunLogPath);
  if (file == directory.files.end()) return false;
  const auto log = RunLog::Parse(file->second);
  return log.ok() && !log->entries().empty() && log->entries()[0].event == kAdaptEvent;
}

Status RemoveBundle(const std::string& path, const Directory& directory) {
  std::vector<std::string> names;
  for (const auto& [name, bytes] : directory.files) {
    if (IsBundlePath(name) && name != kRunLogPath && !IsHosted(name)) names.push_back(name);
  }
  names.emplace_back(kRunLogPath);  // last: as long as it is there, an interrupted removal can be gone on with
  for (const std::string& name : names) {
    std::error_code error;
    fs::remove(fs::path(path) / name, error);
    if (error) return IoError("{}/{}: cannot remove it: {}", Printable(path, 1000), name, error.message());
  }
  return {};
}

bool IsRaw(const std::string& path) {
  const auto vectors = PathsOf(FileKind::kVectors);
  return IsPicturePath(path) || std::find(vectors.begin(), vectors.end(), path) != vectors.end();
}

// The path and the digest of an entry of the manifest's subject.
std::optional<std::pair<std::string, std::string>> ParseSubject(const nlohmann::ordered_json& entry) {
  if (!entry.is_object() || !entry.contains("name") || !entry["name"].is_string()) return std::nullopt;
  const auto digests = entry.value("digest", nlohmann::ordered_json());
  if (!digests.is_object() || !digests.contains("sha256") || !digests["sha256"].is_string()) return std::nullopt;
  return std::pair(entry["name"].get<std::string>(), digests["sha256"].get<std::string>());
}

// Whether two reports have the same addresses, track and programs.
bool AreForTheSame(const ReportRecord& a, const ReportRecord& b) {
  return a.repository_url == b.repository_url && a.source_url == b.source_url && a.track == b.track &&
         a.programs == b.programs;
}

// What a killed run was writing.
void Sweep(const std::string& directory) {
  std::set<std::string> folders = {directory, directory + "/" + kImageFolder};
  for (const BundleFile& file : BundleFiles()) folders.insert((fs::path(directory) / file.path).parent_path().string());
  for (const std::string& folder : folders) SweepTemporaryFiles(folder);
}

}  // namespace

Result<Output> Output::Begin(const std::string& directory, bool force, const nlohmann::ordered_json& job,
                             const Files& files) {
  Sweep(directory);
  CONVNEXT_ASSIGN_OR_RETURN(auto found, ReadDirectory(directory));
  if (!IsNewRepository(found) && !IsBundle(found)) {
    return Invalid("{}: not empty and not a bundle; nothing in it is touched. Choose another --output",
                   Printable(directory, 1000));
  }
  Output output(directory);
  const bool resumes = !IsNewRepository(found) && !force;
  if (!resumes) {
    CONVNEXT_RETURN_IF_ERROR(RemoveBundle(directory, found));
    std::erase_if(found.files, [](const auto& file) { return !IsHosted(file.first); });
  }
  output.files_ = std::move(found.files);
  CONVNEXT_RETURN_IF_ERROR(resumes ? output.Resume(job, files) : output.Start(job, files));
  return output;
}

Status Output::Start(const nlohmann::ordered_json& job, const Files& files) {
  CONVNEXT_RETURN_IF_ERROR(CheckRecordable(directory_));
  log_.Append(kAdaptEvent, job, Digests(files));
  // The log first: it marks the directory as ours, whatever interrupts the rest.
  CONVNEXT_RETURN_IF_ERROR(Write({{kRunLogPath, log_.text()}}));
  return Write(files);
}

Status Output::Resume(const nlohmann::ordered_json& job, const Files& files) {
  CONVNEXT_ASSIGN_OR_RETURN(auto log, ReadRunLog(directory_));
  if (log.entries().empty() || log.entries()[0].event != kAdaptEvent || log.entries()[0].record != job) {
    return Invalid(
        "{}: holds another run (another program, model, device, pictures or options); use --force to "
        "replace it, or another --output",
        Printable(directory_, 1000));
  }
  log_ = std::move(log);
  return IsRecorded(kAdaptEvent) ? Status() : Write(files);
}

Status Output::Write(const Files& files) {
  for (const auto& [path, bytes] : files) files_[path] = bytes;
  return WriteFiles(directory_, files);
}

// Of the files only what is raw: the report makes the others from the records.
bool Output::IsRecorded(const std::string& event) const {
  const RunLogEntry* entry = log_.Last(event);
  if (entry == nullptr) return false;
  return std::all_of(entry->outputs.begin(), entry->outputs.end(),
                     [this](const auto& output) { return !IsRaw(output.first) || Holds(output.first, output.second); });
}

bool Output::Holds(const std::string& path, const std::string& digest) const {
  const auto file = files_.find(path);
  return file != files_.end() && DigestOf(file->second) == digest;
}

bool Output::HoldsHosted(const std::string& path) const {
  const auto file = files_.find(path);
  return file != files_.end() && FindHostedFault(path, file->second).empty();
}

Status Output::Record(const std::string& event, const nlohmann::ordered_json& record, const Files& files) {
  CONVNEXT_RETURN_IF_ERROR(RecordEvent(directory_, log_, event, record, files));
  for (const auto& [path, bytes] : files) files_[path] = bytes;
  files_[kRunLogPath] = log_.text();
  return {};
}

// The manifest names every file with its digest, and comes last. One that cannot be read is made anew.
bool Output::IsReported(const ReportRecord& wanted) const {
  const auto file = files_.find(kManifestPath);
  if (file == files_.end() || log_.entries().empty() || log_.entries().back().event != kReportEvent) return false;
  const auto report = ParseReportRecord(log_.entries().back().record);
  if (!report.ok() || !AreForTheSame(*report, wanted)) return false;
  const auto manifest = ParseJson(file->second);
  if (!manifest.ok() || !manifest->is_object()) return false;
  const auto subject = manifest->value("subject", nlohmann::ordered_json());
  if (!subject.is_array() || subject.empty()) return false;
  return std::all_of(subject.begin(), subject.end(), [this](const nlohmann::ordered_json& entry) {
    const auto listed = ParseSubject(entry);
    return listed && (IsHosted(listed->first) ? HoldsHosted(listed->first) : Holds(listed->first, listed->second));
  });
}

Result<FileLock> LockOutput(const std::string& directory) {
  CONVNEXT_RETURN_IF_ERROR(CheckRecordable(directory));
  CONVNEXT_RETURN_IF_ERROR(MakeDirectories(directory));
  return LockRecords(directory, 0);
}

}  // namespace convnext
