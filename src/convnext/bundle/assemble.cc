#include "convnext/bundle/assemble.h"

#include "convnext/bundle/directory.h"
#include "convnext/bundle/hosting.h"
#include "convnext/bundle/launchers.h"
#include "convnext/bundle/manifest.h"
#include "convnext/bundle/phases.h"
#include "convnext/bundle/pictures.h"
#include "convnext/bundle/programs.h"
#include "convnext/bundle/readme.h"

namespace convnext {
namespace {

// The raw files that the records name. Others (pictures of earlier runs) are left behind.
Result<Files> RawFiles(const Evidence& evidence, const RunLog& log, const Files& files) {
  const auto vectors = PathsOf(FileKind::kVectors);
  std::vector<std::string> paths(vectors.begin(), vectors.end());
  for (const auto* inputs : {&evidence.inference.inputs, &evidence.accuracy.inputs, &evidence.performance.inputs}) {
    for (const InputFacts& input : *inputs) paths.push_back(input.path);
  }
  if (evidence.embedding) paths.emplace_back(kEmbeddedUnitsPath);
  const auto digests = log.Outputs();
  Files raw;
  for (const std::string& path : paths) {
    const auto file = files.find(path);
    if (file == files.end()) return Invalid("{} is missing", Printable(path));
    const auto digest = digests.find(path);
    if (digest == digests.end() || digest->second != DigestOf(file->second)) {
      return Invalid("{} is not the file that {} names (its sha256 differs); run that phase again", Printable(path),
                     kRunLogPath);
    }
    raw[path] = file->second;
  }
  return raw;
}

Result<Files> ProgramFiles(const ReportRecord& report, const Files& files) {
  Files programs;
  for (const ProgramFacts& program : report.programs) {
    const auto file = files.find(program.path);
    if (file == files.end() || DigestOf(file->second) != program.sha256)
      return Invalid("{} is missing, or another than the report names", Printable(program.path));
    programs[program.path] = file->second;
  }
  return programs;
}

// The log without the report that it may end with.
Result<RunLog> ReadLogOfPhases(const Files& files) {
  const auto file = files.find(kRunLogPath);
  if (file == files.end()) return Invalid("{} is missing: no phase has been recorded here", kRunLogPath);
  CONVNEXT_ASSIGN_OR_RETURN(auto log, RunLog::Parse(file->second));
  RunLog phases;
  for (const RunLogEntry& entry : log.entries()) {
    if (entry.event != kReportEvent) phases.Append(entry.event, entry.record, entry.outputs);
  }
  return phases;
}

// With the lines that a host has put into an earlier one.
std::string Attributes(const Files& files) {
  const auto found = files.find(kGitattributesPath);
  return found == files.end() ? GitAttributes() : GitAttributesWith(found->second);
}

// The one that is there already, with the host's copyright notice, if it is the same licence.
std::string License(const Files& files) {
  const auto found = files.find(kLicensePath);
  return found == files.end() || FindForeignTerm(found->second) ? LicenseText() : found->second;
}

}  // namespace

Status CheckReportOptions(const ReportOptions& options) {
  for (const auto& [flag, url] :
       {std::pair("--repository_url", &options.repository_url), {"--source_url", &options.source_url}}) {
    if (!IsRepositoryUrl(Redact(*url)))
      return Invalid(
          "{} {}: expected https://..., http://..., ssh://... or git@..., without blanks and quotation marks", flag,
          Printable(Redact(*url), 200));
  }
  return {};
}

ReportRecord DescribeReport(const ReportOptions& options, const Files& programs) {
  return {CurrentTool(),
          Timestamp(),
          Redact(options.repository_url),
          options.track,
          CollectGit(ThisMachine(), "."),
          Redact(options.source_url),
          DescribePrograms(programs)};
}

Files RenderReadmes(const Evidence& evidence, const Files& documents, const std::string& run_digest) {
  return {{kChineseReadmePath, RenderReadme(evidence, documents, run_digest, Language::kChinese)},
          {kEnglishReadmePath, RenderReadme(evidence, documents, run_digest, Language::kEnglish)}};
}

Result<Files> AssembleBundle(const Files& files, const ReportRecord& report) {
  CONVNEXT_ASSIGN_OR_RETURN(auto log, ReadLogOfPhases(files));
  std::vector<std::string> unknown_fields;
  CONVNEXT_ASSIGN_OR_RETURN(auto evidence, ReadEvidence(log, files, unknown_fields));
  if (!evidence.environment.model)
    return Invalid("convnext env was run without --model_path; run it again with the model");
  evidence.report = report;
  auto bundle = RawFiles(evidence, log, files);
  if (!bundle.ok()) return bundle.status();

  const Files documents = RenderDocuments(evidence);
  CONVNEXT_ASSIGN_OR_RETURN(auto outputs, RenderPictures(evidence, documents));
  outputs.insert(documents.begin(), documents.end());
  outputs.merge(LauncherFiles());
  CONVNEXT_ASSIGN_OR_RETURN(auto programs, ProgramFiles(report, files));
  outputs.merge(programs);
  outputs[kGitattributesPath] = Attributes(files);
  outputs[kLicensePath] = License(files);
  log.Append(kReportEvent, ToJson(report), Digests(outputs));

  bundle->merge(outputs);
  bundle->emplace(kRunLogPath, log.text());
  bundle->merge(RenderReadmes(evidence, documents, log.digest()));
  const std::string manifest = ManifestJson(evidence, *bundle, log.digest());
  bundle->emplace(kManifestPath, manifest);
  return bundle;
}

Status RenewReport(const std::string& directory) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto log, ReadRunLog(directory));
  const RunLogEntry* last = log.Last(kReportEvent);
  if (last == nullptr) return {};
  CONVNEXT_ASSIGN_OR_RETURN(auto report, ParseReportRecord(last->record));
  report.timestamp = Timestamp();
  CONVNEXT_ASSIGN_OR_RETURN(const auto found, ReadDirectory(directory));
  CONVNEXT_ASSIGN_OR_RETURN(const auto bundle, AssembleBundle(found.files, report));
  return WriteBundle(directory, bundle);
}

Status WriteBundle(const std::string& directory, const Files& bundle) {
  Files files = bundle;
  const auto manifest = files.extract(kManifestPath);
  CONVNEXT_RETURN_IF_ERROR(WriteFiles(directory, files));
  CONVNEXT_RETURN_IF_ERROR(FinishPrograms(directory, files));
  return WriteFile(directory + "/" + kManifestPath, manifest.mapped());
}

}  // namespace convnext
