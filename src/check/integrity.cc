// Integrity: the files are those that the manifest and the run log name, and the log has not been cut.
#include <algorithm>
#include <set>

#include "check/rules.h"

namespace convnext {
namespace {

using Json = nlohmann::ordered_json;

// The digests of the manifest's subject by name; nothing if it is not an in-toto Statement of the kind that is
// expected.
std::optional<std::map<std::string, std::string>> ReadSubject(const Json& manifest, Findings* findings) {
  std::map<std::string, std::string> digests;
  const bool statement = manifest.is_object() && manifest.size() == 4 &&
                         manifest.value("_type", Json()) == "https://in-toto.io/Statement/v1" &&
                         manifest.value("predicateType", Json()) == "https://in-toto.io/attestation/test-result/v0.1" &&
                         manifest.contains("predicate") && manifest.contains("subject") &&
                         manifest["subject"].is_array();
  if (!statement) return std::nullopt;
  for (const Json& entry : manifest["subject"]) {
    const bool whole = entry.is_object() && entry.size() == 2 && entry.contains("name") && entry["name"].is_string() &&
                       entry.contains("digest") && entry["digest"].is_object() && entry["digest"].size() == 1 &&
                       entry["digest"].contains("sha256") && entry["digest"]["sha256"].is_string();
    if (!whole) return std::nullopt;
    const auto [place, added] = digests.emplace(entry["name"].get<std::string>(), entry["digest"]["sha256"]);
    if (!added && findings != nullptr) findings->Fail("{} stands twice in {}", place->first, kManifestPath);
  }
  return digests;
}

// I1
void ManifestListsEveryFile(const Subject& subject, Findings& findings) {
  if (subject.Text(kManifestPath) == nullptr) return findings.Fail("{} is missing", kManifestPath);
  const auto listed = subject.manifest ? ReadSubject(*subject.manifest, &findings) : std::nullopt;
  if (!listed) return findings.Fail("{} is not an in-toto Statement about a test result", kManifestPath);
  for (const auto& [path, bytes] : subject.files) {
    if (path == kManifestPath || listed->contains(path)) continue;
    const bool temporary = IsTemporaryName(path.substr(path.rfind('/') + 1));
    findings.Fail("{} is not listed in {}{}", path, kManifestPath,
                  temporary ? ": a convnext that was killed was writing it; remove it, or run adapt again" : "");
  }
  for (const auto& [path, digest] : *listed) {
    if (IsInside(path) && !subject.files.contains(path))
      findings.Fail("{} is listed in {} but is not there", path, kManifestPath);
  }
}

// I2
void DigestsMatch(const Subject& subject, Findings& findings) {
  const auto listed = subject.manifest ? ReadSubject(*subject.manifest, nullptr) : std::nullopt;
  if (!listed) return findings.NotChecked("{} cannot be read", kManifestPath);
  for (const auto& [path, digest] : *listed) {
    const std::string* bytes = subject.Text(path);
    if (bytes != nullptr && DigestOf(*bytes) != digest) findings.Fail("{}: its sha256 is not the manifest's", path);
  }
}

// I3
void ReadmesHoldTheRunDigest(const Subject& subject, Findings& findings) {
  if (!subject.log) return findings.NotChecked("{}", subject.no_evidence);
  const std::string expected = "run digest: sha256:" + subject.log->digest() + "\n";
  for (const char* path : PathsOf(FileKind::kReadme)) {
    const std::string* readme = subject.Text(path);
    if (readme == nullptr || readme->find(expected) == std::string::npos)
      findings.Fail("{} does not hold the sha256 of the last line of {} ({})", path, kRunLogPath,
                    subject.log->digest());
  }
}

// I5
void OnlyPlainFilesInside(const Subject& subject, Findings& findings) {
  for (const std::string& problem : subject.problems) findings.Fail("{}", problem);
  std::set<std::string> paths;
  if (const auto listed = subject.manifest ? ReadSubject(*subject.manifest, nullptr) : std::nullopt) {
    for (const auto& [path, digest] : *listed) paths.insert(path);
  }
  if (subject.log) {
    for (const auto& [path, digest] : subject.log->Outputs()) paths.insert(path);
  }
  for (const std::string& path : paths) {
    if (!IsInside(path)) findings.Fail("the path \"{}\" does not stay inside the bundle", path);
  }
}

// I6
void RunLogIsAChain(const Subject& subject, Findings& findings) {
  if (!subject.log) return findings.NotChecked("{}", subject.no_evidence);
  for (const std::string& gap : subject.log->FindBreaks()) findings.Fail("{} {}", kRunLogPath, gap);
}

// The run log cannot hold its own digest, nor that of what quotes its last line.
bool IsOutput(const std::string& path) {
  const auto readmes = PathsOf(FileKind::kReadme);
  return path != kManifestPath && path != kRunLogPath &&
         std::find(readmes.begin(), readmes.end(), path) == readmes.end();
}

// A phase writes pictures and the files of its event in the layout; the report writes all texts anew.
bool MayWrite(const std::string& event, const std::string& path) {
  if (event == kReportEvent) return IsBundlePath(path);
  const auto files = BundleFiles();
  return IsPicturePath(path) || std::any_of(files.begin(), files.end(), [&](const BundleFile& file) {
           return path == file.path && event == file.event;
         });
}

void CheckOutputsOf(const RunLogEntry& entry, const Files& files, Findings& findings) {
  for (const BundleFile& file : BundleFiles()) {
    if (file.event == entry.event && IsOutput(file.path) && files.contains(file.path) &&
        !entry.outputs.contains(file.path))
      findings.Fail("the line of {} in {} does not name {}", entry.event, kRunLogPath, file.path);
  }
  for (const auto& [path, digest] : entry.outputs) {
    if (IsInside(path) && !MayWrite(entry.event, path))  // rule I5 is about paths that lead outside
      findings.Fail("the line of {} in {} names {}, which it does not write", entry.event, kRunLogPath, path);
    if (!IsSha256Hex(digest)) findings.Fail("the line of {} in {}: no sha256 of {}", entry.event, kRunLogPath, path);
  }
}

// I7
void RunLogNamesEveryOutput(const Subject& subject, Findings& findings) {
  if (!subject.log) return findings.NotChecked("{}", subject.no_evidence);
  for (const RunLogEntry& entry : subject.log->entries()) CheckOutputsOf(entry, subject.files, findings);
  const auto outputs = subject.log->Outputs();
  for (const auto& [path, bytes] : subject.files) {
    if (!IsOutput(path)) continue;
    const auto output = outputs.find(path);
    if (output == outputs.end()) findings.Fail("{}: no line of {} says that a run wrote it", path, kRunLogPath);
    if (output != outputs.end() && output->second != DigestOf(bytes))
      findings.Fail("{}: its sha256 is not the one in {}", path, kRunLogPath);
  }
}

}  // namespace

std::vector<Rule> IntegrityRules() {
  return {
      {"I1", "manifest.json is an in-toto Statement that lists every file", ManifestListsEveryFile,
       ManifestListsEveryFile},
      {"I2", "every file has the sha256 that the manifest gives it", DigestsMatch, DigestsMatch},
      {"I3", "the READMEs hold the digest of the run log's last line", ReadmesHoldTheRunDigest,
       ReadmesHoldTheRunDigest},
      {"I5", "only plain files of moderate size, and no path that leads outside", OnlyPlainFilesInside,
       OnlyPlainFilesInside},
      {"I6", "the run log is an unbroken chain of digests", RunLogIsAChain, RunLogIsAChain},
      {"I7", "the run log holds the sha256 of every output", RunLogNamesEveryOutput, RunLogNamesEveryOutput},
  };
}

}  // namespace convnext
