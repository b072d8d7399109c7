// Structure: the reference's layout, and the front matter that a model hub reads.
#include <sstream>

#include "convnext/check/rules.h"

namespace convnext {
namespace {

// F1
void RequiredFilesAreThere(const Subject& subject, Findings& findings) {
  for (const BundleFile& file : BundleFiles()) {
    if (!file.required) continue;
    const std::string* bytes = subject.Text(file.path);
    if (bytes == nullptr) findings.Fail("{} is missing", file.path);
    if (bytes != nullptr && bytes->empty()) findings.Fail("{} is empty", file.path);
  }
}

size_t CountLines(const std::string& text, std::string_view line) {
  std::istringstream lines(text);
  size_t count = 0;
  for (std::string found; std::getline(lines, found);) count += found == line;
  return count;
}

size_t CountKeys(const std::string& front_matter, std::string_view key) {
  std::istringstream lines(front_matter);
  size_t count = 0;
  for (std::string found; std::getline(lines, found);) count += found.starts_with(key);
  return count;
}

void CheckFrontMatter(const std::string& path, const ReadmeParts& readme, Findings& findings) {
  if (CountLines(readme.front_matter, "hardware: NPU") != 1 || CountKeys(readme.front_matter, "hardware:") != 1)
    findings.Fail("{}: its front matter does not have exactly one line \"hardware: NPU\"", path);
  for (const char* tag : {"NPU", "Ascend", "ascend-npu"}) {
    if (CountLines(readme.front_matter, fmt::format("- {}", tag)) +
            CountLines(readme.front_matter, fmt::format("  - {}", tag)) ==
        0)
      findings.Fail("{}: the tag {} is missing from its front matter", path, tag);
  }
  if (readme.body.find("#+NPU") == std::string::npos) findings.Fail("{}: #+NPU is missing", path);
}

// F2 without raw data
void FrontMatterOfTexts(const Subject& subject, Findings& findings) {
  const std::string* text = subject.Text(kChineseReadmePath);
  const auto readme = text == nullptr ? std::nullopt : SplitReadme(*text);
  if (!readme) return findings.Fail("{} is missing or has no front matter", kChineseReadmePath);
  CheckFrontMatter(kChineseReadmePath, *readme, findings);
}

// F2
void FrontMatterIsExact(const Subject& subject, Findings& findings) {
  for (const auto& [path, expected] : RenderReadmes(*subject.evidence, subject.expected, subject.log->digest())) {
    const std::string* text = subject.Text(path);
    const auto found = text == nullptr ? std::nullopt : SplitReadme(*text);
    if (!found) {
      findings.Fail("{} is missing or has no front matter", path);
      continue;
    }
    const std::string wanted = SplitReadme(expected)->front_matter;
    CheckFrontMatter(path, *found, findings);
    if (found->front_matter != wanted)
      findings.Fail("{}, front matter, {}", path, FirstDifference(found->front_matter, wanted));
  }
}

// F3
void LaunchersAreOurs(const Subject& subject, Findings& findings) {
  for (const auto& [path, expected] : LauncherFiles()) {
    const std::string* found = subject.Text(path);
    if (found != nullptr && *found != expected)
      findings.Fail("{} is not the launcher of this program, {}", path, FirstDifference(*found, expected));
  }
}

// F4
void HostsAddedWhatTheyAdd(const Subject& subject, Findings& findings) {
  for (const auto& [path, bytes] : subject.hosted) {
    const std::string fault = FindHostedFault(path, bytes);
    if (!fault.empty()) findings.Fail("{}: {}", path, fault);
  }
  const auto attributes = subject.hosted.find(kGitattributesPath);
  if (attributes != subject.hosted.end() && AllowsLineEndChanges(attributes->second))
    findings.Warn("{} has no line \"* -text\": git may change line ends", kGitattributesPath);
}

const ProgramFacts* RecordedProgram(const Evidence& e, const std::string& path) {
  for (const ProgramFacts& program : e.report.programs) {
    if (program.path == path) return &program;
  }
  return nullptr;
}

void CheckProgram(const std::string& path, const std::string& bytes, const ProgramFacts* recorded, Findings& findings) {
  if (recorded == nullptr) return findings.Fail("{} is there, and the report does not name it", path);
  const auto found = DescribeProgram(path, bytes);
  if (!found) return findings.Fail("{} is no program for the architecture of its folder", path);
  if (*found != *recorded)
    findings.Fail("{} is another program than the report names: {} bytes, sha256 {}, glibc {}", path, found->bytes,
                  found->sha256, found->glibc.empty() ? "none" : found->glibc);
}

// F5
void ProgramsAreTheRecordedOnes(const Subject& subject, Findings& findings) {
  const Evidence& e = *subject.evidence;
  const auto places = PathsOf(FileKind::kExecutable);
  size_t there = 0;
  for (const char* path : places) {
    const std::string* bytes = subject.Text(path);
    const ProgramFacts* recorded = RecordedProgram(e, path);
    if (bytes == nullptr && recorded != nullptr) findings.Fail("{} is missing", path);
    if (bytes != nullptr) CheckProgram(path, *bytes, recorded, findings);
    there += bytes == nullptr && recorded == nullptr ? 0 : 1;
  }
  if (e.report.programs.size() > there) findings.Fail("the report names programs that no bundle holds, or one twice");
  if (there == 0) findings.NotApplicable("the bundle carries no program");
}

}  // namespace

std::vector<Rule> StructureRules() {
  return {
      {"F1", "every file of the reference's layout is there", RequiredFilesAreThere, RequiredFilesAreThere},
      {"F2", "the front matter says hardware: NPU exactly, with the tags", FrontMatterIsExact, FrontMatterOfTexts},
      {"F3", "the .py files only start this program", LaunchersAreOurs, nullptr},
      {"F4", "hosts of repositories added only what they add", HostsAddedWhatTheyAdd, HostsAddedWhatTheyAdd},
      {"F5", "the programs in bin/ are those that the report names, for the machines of their folders",
       ProgramsAreTheRecordedOnes, nullptr},
  };
}

}  // namespace convnext
