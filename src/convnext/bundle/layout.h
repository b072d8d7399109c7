// The layout of a bundle: the events of its run log and every file that it holds, but for the pictures that were
// evaluated. Whatever else must know an event, a path or a kind of files has it from here.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace convnext {

// The events: adapt begins, the phases of an evaluation follow, the report ends.
inline constexpr const char* kAdaptEvent = "adapt";
inline constexpr const char* kEnvironmentEvent = "environment";
inline constexpr const char* kInferenceEvent = "inference";
inline constexpr const char* kAccuracyEvent = "accuracy";
inline constexpr const char* kPerformanceEvent = "performance";
inline constexpr const char* kEmbeddingEvent = "embedding";  // no phase of adapt: convnext embed adds it
inline constexpr const char* kReportEvent = "report";

bool IsEvent(std::string_view name);

inline constexpr const char* kEnvironmentLogPath = "logs/env_check.log";
inline constexpr const char* kEnvironmentJsonPath = "results/env_info.json";
inline constexpr const char* kInferenceLogPath = "logs/inference.log";
inline constexpr const char* kInferenceJsonPath = "logs/inference.json";
inline constexpr const char* kInferenceVectorsPath = "raw/inference.npy";
inline constexpr const char* kAccuracyLogPath = "logs/accuracy_eval.log";
inline constexpr const char* kAccuracyJsonPath = "results/accuracy_eval.json";
inline constexpr const char* kReferenceVectorsPath = "raw/accuracy_reference.npy";
inline constexpr const char* kTestVectorsPath = "raw/accuracy_test.npy";
inline constexpr const char* kPerformanceLogPath = "logs/performance_eval.log";
inline constexpr const char* kPerformanceJsonPath = "results/performance_eval.json";
inline constexpr const char* kPerformanceVectorsPath = "raw/performance.npy";
inline constexpr const char* kEmbeddingLogPath = "logs/embedding.log";
inline constexpr const char* kEmbeddingJsonPath = "results/embedding.json";
inline constexpr const char* kEmbeddedUnitsPath = "logs/embedding_units.jsonl";
inline constexpr const char* kEnvironmentPicturePath = "assets/env_check.png";
inline constexpr const char* kInferencePicturePath = "assets/inference_result.png";
inline constexpr const char* kAccuracyPicturePath = "assets/accuracy_eval_result.png";
inline constexpr const char* kPerformancePicturePath = "assets/performance_eval_result.png";
inline constexpr const char* kGitPicturePath = "assets/git_submit_result.png";
inline constexpr const char* kInferenceLauncherPath = "inference.py";
inline constexpr const char* kAccuracyLauncherPath = "eval/eval_accuracy.py";
inline constexpr const char* kPerformanceLauncherPath = "eval/eval_performance.py";
inline constexpr const char* kAdaptLauncherPath = "adapt.py";
inline constexpr const char* kRequirementsPath = "requirements.txt";
inline constexpr const char* kX86ProgramPath = "bin/linux-x86_64/convnext";
inline constexpr const char* kArmProgramPath = "bin/linux-aarch64/convnext";
inline constexpr const char* kGitignorePath = ".gitignore";
inline constexpr const char* kGitattributesPath = ".gitattributes";
inline constexpr const char* kLicensePath = "LICENSE";
inline constexpr const char* kChineseReadmePath = "README.md";
inline constexpr const char* kEnglishReadmePath = "README.en.md";
inline constexpr const char* kRunLogPath = "logs/run.jsonl";
inline constexpr const char* kManifestPath = "manifest.json";

enum class FileKind {
  kLog,
  kJson,
  kVectors,
  kUnits,       // the list of what was embedded: raw, and not rendered
  kPicture,     // drawn from a log, or of the repository
  kLauncher,    // what belongs to the programs that start this one: the same in every bundle
  kExecutable,  // that runs the bundle, for one architecture: bundle/programs.h
  kHosted,      // hosts of repositories add lines to it, or have one already: bundle/hosting.h holds it, no digest does
  kReadme,
  kRunLog,
  kManifest,
};

struct BundleFile {
  const char* path;
  const char* event;  // that writes it; the run log gets a line of each
  FileKind kind;
  bool required;  // by the reference's layout, which has no raw data
};

// In the order in which a run writes them. Those of kEmbeddingEvent are there where such a run was recorded.
std::span<const BundleFile> BundleFiles();

// The paths of one kind, in the same order.
std::vector<const char*> PathsOf(FileKind kind);

// Whether a bundle may hold a file of this name: one of BundleFiles, or a picture raw/images/[A-Za-z0-9._-]+.
bool IsBundlePath(const std::string& path);
bool IsPicturePath(const std::string& path);

}  // namespace convnext
