#include "convnext/bundle/phases.h"

#include <filesystem>

#include "convnext/bundle/accuracy_report.h"
#include "convnext/bundle/embedded_units.h"
#include "convnext/bundle/embedding_report.h"
#include "convnext/bundle/environment_report.h"
#include "convnext/bundle/performance_report.h"
#include "convnext/facts/facts.h"

namespace convnext {
namespace {

constexpr size_t kMaxRunLogBytes = size_t{64} << 20;

// Another evaluation holds the lock while it writes its files, and adapt as long as it works.
constexpr double kRecordSeconds = 60;

// Embeddings of a session are float32; as such they take half the room.
std::string Float32Npy(const Tensor<double>& matrix) {
  std::vector<float> values;
  for (const double value : matrix.data) values.push_back(static_cast<float>(value));
  return NpyBytes(matrix.shape, values);
}

std::string Float64Npy(const Tensor<double>& matrix) {
  return NpyBytes(matrix.shape, std::span<const double>(matrix.data));
}

}  // namespace

Files EnvironmentFiles(const EnvironmentRecord& record) {
  return {{kEnvironmentJsonPath, EnvironmentJson(record)}, {kEnvironmentLogPath, EnvironmentLog(record)}};
}

Files InferenceFiles(const InferenceRecord& record, const Tensor<double>& embeddings) {
  std::vector<EmbeddingNumbers> numbers;
  for (size_t row = 0; row < static_cast<size_t>(embeddings.shape[0]); ++row)
    numbers.push_back(NumbersOf(MatrixRow(embeddings, row)));
  return {{kInferenceJsonPath, InferenceJson(record, numbers)},
          {kInferenceLogPath, InferenceLog(record, numbers)},
          {kInferenceVectorsPath, Float32Npy(embeddings)}};
}

Files AccuracyFiles(const AccuracyRecord& record, const Tensor<double>& reference, const Tensor<double>& test) {
  return {{kAccuracyJsonPath, AccuracyJson(record, reference, test)},
          {kAccuracyLogPath, AccuracyLog(record, reference, test)},
          {kReferenceVectorsPath, Float64Npy(reference)},
          {kTestVectorsPath, Float32Npy(test)}};
}

Files PerformanceFiles(const PerformanceRecord& record, const Tensor<double>& embeddings) {
  return {{kPerformanceJsonPath, PerformanceJson(record)},
          {kPerformanceLogPath, PerformanceLog(record)},
          {kPerformanceVectorsPath, Float32Npy(embeddings)}};
}

Files EmbeddingFiles(const EmbeddingRecord& record, const std::vector<EmbeddedUnit>& units) {
  return {{kEmbeddedUnitsPath, EmbeddedUnitsText(units)},
          {kEmbeddingJsonPath, EmbeddingJson(record, units)},
          {kEmbeddingLogPath, EmbeddingLog(record, units)}};
}

Files PictureFiles(const std::vector<SourcePicture>& pictures) {
  Files files;
  for (const SourcePicture& picture : pictures) files[picture.path] = picture.bytes;
  return files;
}

Status WriteFiles(const std::string& directory, const Files& files) {
  for (const auto& [path, bytes] : files) {
    CONVNEXT_RETURN_IF_ERROR(WriteFile(fmt::format("{}/{}", directory, path), bytes));
  }
  return {};
}

Status CheckRecordable(const std::string& directory) {
  // One for each folder that a phase writes to.
  for (const std::string& path :
       {std::string(kRunLogPath), std::string(kAccuracyJsonPath), std::string(kImageFolder) + "/01.png"}) {
    CONVNEXT_RETURN_IF_ERROR(CheckWritable(fmt::format("{}/{}", directory, path)));
  }
  return ReadRunLog(directory).status();
}

// The lock lies on the directory itself, as a bundle holds no file of another kind.
Result<FileLock> LockRecords(const std::string& directory, double seconds) {
  auto lock = FileLock::OnDirectory(directory, true);
  if (!lock.ok()) return FileLock();
  if (lock->WaitLock(seconds) == FileLock::Outcome::kHeldElsewhere)
    return Invalid("{}: another convnext writes there; wait for it, or choose another --output",
                   Printable(directory, 1000));
  return lock;
}

Result<RunLog> ReadRunLog(const std::string& directory) {
  const std::string path = directory + "/" + kRunLogPath;
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return RunLog();
  CONVNEXT_ASSIGN_OR_RETURN(const auto bytes, ReadFile(path, kMaxRunLogBytes));
  auto log = RunLog::Parse({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (!log.ok()) return log.status().Prefixed(Printable(directory, 1000));
  if (const auto breaks = log->FindBreaks(); !breaks.empty())
    return Invalid("{}: {}; move the file away to begin a new log", Printable(path, 1000), breaks[0]);
  return log;
}

Status RecordEvent(const std::string& directory, const std::string& event, const nlohmann::ordered_json& record,
                   const Files& files) {
  CONVNEXT_RETURN_IF_ERROR(MakeDirectories(directory));
  CONVNEXT_ASSIGN_OR_RETURN(const auto lock, LockRecords(directory, kRecordSeconds));
  CONVNEXT_ASSIGN_OR_RETURN(auto log, ReadRunLog(directory));
  return RecordEvent(directory, log, event, record, files);
}

Status RecordEvent(const std::string& directory, RunLog& log, const std::string& event,
                   const nlohmann::ordered_json& record, const Files& files) {
  CONVNEXT_RETURN_IF_ERROR(WriteFiles(directory, files));
  log.Append(event, record, Digests(files));
  return WriteFile(directory + "/" + kRunLogPath, log.text());
}

}  // namespace convnext
