#include "convnext/bundle/layout.h"

#include <algorithm>

#include "convnext/facts/facts.h"

namespace convnext {
namespace {

constexpr const char* kEvents[] = {kAdaptEvent,       kEnvironmentEvent, kInferenceEvent, kAccuracyEvent,
                                   kPerformanceEvent, kEmbeddingEvent,   kReportEvent};

constexpr BundleFile kFiles[] = {
    {kRunLogPath, kAdaptEvent, FileKind::kRunLog, false},
    {kEnvironmentLogPath, kEnvironmentEvent, FileKind::kLog, true},
    {kEnvironmentJsonPath, kEnvironmentEvent, FileKind::kJson, true},
    {kInferenceLogPath, kInferenceEvent, FileKind::kLog, true},
    {kInferenceJsonPath, kInferenceEvent, FileKind::kJson, true},
    {kInferenceVectorsPath, kInferenceEvent, FileKind::kVectors, false},
    {kAccuracyLogPath, kAccuracyEvent, FileKind::kLog, true},
    {kAccuracyJsonPath, kAccuracyEvent, FileKind::kJson, true},
    {kReferenceVectorsPath, kAccuracyEvent, FileKind::kVectors, false},
    {kTestVectorsPath, kAccuracyEvent, FileKind::kVectors, false},
    {kPerformanceLogPath, kPerformanceEvent, FileKind::kLog, true},
    {kPerformanceJsonPath, kPerformanceEvent, FileKind::kJson, true},
    {kPerformanceVectorsPath, kPerformanceEvent, FileKind::kVectors, false},
    {kEmbeddedUnitsPath, kEmbeddingEvent, FileKind::kUnits, false},
    {kEmbeddingLogPath, kEmbeddingEvent, FileKind::kLog, false},
    {kEmbeddingJsonPath, kEmbeddingEvent, FileKind::kJson, false},
    {kEnvironmentPicturePath, kReportEvent, FileKind::kPicture, true},
    {kInferencePicturePath, kReportEvent, FileKind::kPicture, true},
    {kAccuracyPicturePath, kReportEvent, FileKind::kPicture, true},
    {kPerformancePicturePath, kReportEvent, FileKind::kPicture, true},
    {kGitPicturePath, kReportEvent, FileKind::kPicture, true},
    {kInferenceLauncherPath, kReportEvent, FileKind::kLauncher, true},
    {kAccuracyLauncherPath, kReportEvent, FileKind::kLauncher, true},
    {kPerformanceLauncherPath, kReportEvent, FileKind::kLauncher, true},
    {kAdaptLauncherPath, kReportEvent, FileKind::kLauncher, false},
    {kRequirementsPath, kReportEvent, FileKind::kLauncher, true},
    {kX86ProgramPath, kReportEvent, FileKind::kExecutable, false},
    {kArmProgramPath, kReportEvent, FileKind::kExecutable, false},
    {kGitignorePath, kReportEvent, FileKind::kLauncher, true},
    {kGitattributesPath, kReportEvent, FileKind::kHosted, false},
    {kLicensePath, kReportEvent, FileKind::kHosted, false},
    {kChineseReadmePath, kReportEvent, FileKind::kReadme, true},
    {kEnglishReadmePath, kReportEvent, FileKind::kReadme, false},
    {kManifestPath, kReportEvent, FileKind::kManifest, false},
};

}  // namespace

bool IsEvent(std::string_view name) {
  return std::find(std::begin(kEvents), std::end(kEvents), name) != std::end(kEvents);
}

std::span<const BundleFile> BundleFiles() { return kFiles; }

std::vector<const char*> PathsOf(FileKind kind) {
  std::vector<const char*> paths;
  for (const BundleFile& file : kFiles) {
    if (file.kind == kind) paths.push_back(file.path);
  }
  return paths;
}

bool IsPicturePath(const std::string& path) {
  const std::string folder = std::string(kImageFolder) + "/";
  return path.starts_with(folder) && path.size() > folder.size() &&
         std::all_of(path.begin() + static_cast<ptrdiff_t>(folder.size()), path.end(), IsNameCharacter);
}

bool IsBundlePath(const std::string& path) {
  const auto is_it = [&path](const BundleFile& file) { return path == file.path; };
  return std::any_of(std::begin(kFiles), std::end(kFiles), is_it) || IsPicturePath(path);
}

}  // namespace convnext
