// Integrity: the files are those that the manifest and the run log name, and the log has not been cut.
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "convnext/check/rules.h"

namespace convnext {
namespace {

// I1
void ManifestListsEveryFile(const Subject& subject, Findings& findings) {
  if (subject.Text(kManifestPath) == nullptr) return findings.Fail("{} is missing", kManifestPath);
  if (!subject.listed) return findings.Fail("{} is not an in-toto Statement about a test result", kManifestPath);
  for (const std::string& path : subject.listed->twice) findings.Fail("{} stands twice in {}", path, kManifestPath);
  const auto& listed = subject.listed->digests;
  for (const auto& [path, bytes] : subject.files) {
    if (path == kManifestPath || listed.contains(path)) continue;
    const bool temporary = IsTemporaryName(path.substr(path.rfind('/') + 1));
    findings.Fail("{} is not listed in {}{}", path, kManifestPath,
                  temporary ? ": a convnext that was killed was writing it; remove it, or run adapt again" : "");
  }
  for (const auto& [path, digest] : listed) {
    if (IsInside(path) && !subject.files.contains(path) && !subject.hosted.contains(path))
      findings.Fail("{} is listed in {} but is not there", path, kManifestPath);
  }
}

// "a, b, c and 4 more".
std::string SomeOf(const std::vector<std::string>& names) {
  constexpr size_t kMost = 3;
  const size_t shown = std::min(names.size(), kMost);
  const std::string text =
      fmt::format("{}", fmt::join(names.begin(), names.begin() + static_cast<ptrdiff_t>(shown), ", "));
  return names.size() > kMost ? fmt::format("{} and {} more", text, names.size() - kMost) : text;
}

// What git does to files is said as such, with what mends it.
void NameChangesOfGit(const Subject& subject, Findings& findings) {
  if (!subject.changed_line_ends.empty())
    findings.Fail("git has changed line ends to CRLF (core.autocrlf) in {}; in the bundle's directory: {}",
                  SomeOf(subject.changed_line_ends), kMendLineEnds);
  if (!subject.pointers.empty())
    findings.Fail("Git LFS pointers lie in the place of {}; in the bundle's directory: {}", SomeOf(subject.pointers),
                  kMendPointers);
}

// I2
void DigestsMatch(const Subject& subject, Findings& findings) {
  if (!subject.listed) return findings.NotChecked("{} cannot be read", kManifestPath);
  NameChangesOfGit(subject, findings);
  for (const auto& [path, digest] : subject.listed->digests) {
    const std::string* bytes = subject.Text(path);
    if (bytes == nullptr || DigestOf(*bytes) == digest) continue;
    const auto target = LfsPointerTarget(*bytes);
    if (target == digest) continue;  // named above
    findings.Fail("{}: its sha256 is not the manifest's{}", path,
                  target ? "; it is a Git LFS pointer to another file" : "");
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
  if (subject.listed) {
    for (const auto& [path, digest] : subject.listed->digests) paths.insert(path);
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
