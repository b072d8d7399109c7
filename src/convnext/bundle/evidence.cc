#include "convnext/bundle/evidence.h"

#include <algorithm>
#include <set>

#include "convnext/bundle/embedded_units.h"
#include "convnext/bundle/layout.h"
#include "convnext/bundle/phases.h"
#include "convnext/facts/facts.h"

namespace convnext {
namespace {

using Json = nlohmann::ordered_json;

// Every line of an event must be what it should be; the last one counts.
template <class Record>
Status ReadRecord(const RunLog& log, const char* event, Result<Record> (*parse)(const Json&, std::vector<std::string>*),
                  Record& record, std::vector<std::string>& unknown_fields) {
  if (log.Last(event) == nullptr) return Invalid("{} has no line of the event \"{}\"", kRunLogPath, event);
  for (const RunLogEntry& entry : log.entries()) {
    if (entry.event != event) continue;
    auto parsed = parse(entry.record, &unknown_fields);
    if (!parsed.ok()) return parsed.status().Prefixed(fmt::format("{}, event \"{}\"", kRunLogPath, event));
    record = *std::move(parsed);
  }
  return {};
}

Status ReadMatrix(const Files& files, const std::string& path, size_t rows, int64_t columns, Tensor<double>& matrix) {
  const auto file = files.find(path);
  if (file == files.end()) return Invalid("{} is missing", path);
  auto array = ParseNpy(std::as_bytes(std::span(file->second)));
  if (!array.ok()) return array.status().Prefixed(path);
  matrix = std::move(array->tensor);
  if (matrix.shape == Shape{static_cast<int64_t>(rows), columns}) return {};
  return Invalid("{}: shape {}, expected [{}, {}]", path, ShapeText(matrix.shape), rows, columns);
}

bool AllAtLeast(const std::vector<int64_t>& times, int64_t least) {
  return std::all_of(times.begin(), times.end(), [least](int64_t time) { return time >= least; });
}

Status CheckBatches(const PerformanceRecord& record) {
  if (!kListLengths.Contains(static_cast<int64_t>(record.batches.size())))
    return Invalid("a performance record with {} batch sizes", record.batches.size());
  std::set<int64_t> sizes;
  for (const BatchTimes& batch : record.batches) {
    if (!kBatchSizes.Contains(batch.batch_size) || !sizes.insert(batch.batch_size).second)
      return Invalid("a performance record with batch size {}, wrong or twice", batch.batch_size);
    if (batch.times_ns.empty() || !AllAtLeast(batch.times_ns, 1) || !AllAtLeast(batch.warmup_ns, 0))
      return Invalid("batch size {}: no times, or times that cannot be", batch.batch_size);
  }
  return {};
}

Status CheckInputs(const std::vector<InputFacts>& inputs) {
  if (!kInputCounts.Contains(static_cast<int64_t>(inputs.size())))
    return Invalid("a record with {} inputs", inputs.size());
  for (const InputFacts& input : inputs) {
    if (!IsPicturePath(input.path))
      return Invalid("an input at \"{}\"; expected {}/", Printable(input.path), kImageFolder);
  }
  return {};
}

bool IsSound(const MemoryFacts& memory) { return memory.free_bytes >= 0 && memory.free_bytes <= memory.total_bytes; }

// Checks the counts and sizes that the code which renders and checks relies on.
Status CheckShape(const Evidence& e) {
  for (const auto* inputs : {&e.inference.inputs, &e.accuracy.inputs, &e.performance.inputs}) {
    CONVNEXT_RETURN_IF_ERROR(CheckInputs(*inputs));
  }
  CONVNEXT_RETURN_IF_ERROR(CheckBatches(e.performance));
  const std::vector<int64_t> times = {e.inference.load_ns,  e.inference.decode_ns, e.inference.resize_ns,
                                      e.inference.model_ns, e.performance.load_ns, e.performance.first_run_ns};
  if (!AllAtLeast(times, 0) || e.inference.batch_size < 1 || !IsSound(e.performance.memory_before) ||
      !IsSound(e.performance.memory_after))
    return Invalid("a negative time, batch or amount of memory");
  if (e.accuracy.model.embedding_dim >= 1) return {};
  return Invalid("embeddings of {} numbers", e.accuracy.model.embedding_dim);
}

bool AreCounts(std::initializer_list<int64_t> values) {
  return std::all_of(values.begin(), values.end(), [](int64_t v) { return v >= 0 && v <= kMaxEmbeddedCount; });
}

// Counts that can be added up without overflow.
Status CheckEmbedding(const EmbeddingRecord& record) {
  const bool sound = AreCounts({record.units, record.pictures, record.own_pictures, record.own_rows, record.rank}) &&
                     AreFailureCounts(record.own_failures) && record.units <= kMaxEmbeddedUnits &&
                     record.rank < record.ranks && record.ranks <= kMaxEmbeddedCount && record.load_ns >= 0 &&
                     record.run_ns >= 0;
  if (sound) return {};
  return Invalid("an embedding record with counts or times that cannot be");
}

Status ReadEmbedding(const RunLog& log, const Files& files, Evidence& e, std::vector<std::string>& unknown_fields) {
  if (log.Last(kEmbeddingEvent) == nullptr) return {};
  CONVNEXT_RETURN_IF_ERROR(
      ReadRecord(log, kEmbeddingEvent, ParseEmbeddingRecord, e.embedding.emplace(), unknown_fields));
  CONVNEXT_RETURN_IF_ERROR(CheckEmbedding(*e.embedding));
  const auto file = files.find(kEmbeddedUnitsPath);
  if (file == files.end()) return Invalid("{} is missing; run convnext embed --evidence again", kEmbeddedUnitsPath);
  auto units = ParseEmbeddedUnits(file->second);
  if (!units.ok()) return units.status().Prefixed(kEmbeddedUnitsPath);
  e.embedded_units = *std::move(units);
  return {};
}

size_t PerformanceRows(const PerformanceRecord& record) {
  size_t rows = 0;
  for (const BatchTimes& batch : record.batches) rows += static_cast<size_t>(batch.batch_size);
  return rows;
}

Status ReadVectors(const Files& files, Evidence& evidence) {
  const int64_t dim = evidence.accuracy.model.embedding_dim;
  const size_t images = evidence.accuracy.inputs.size();
  for (Status status :
       {ReadMatrix(files, kInferenceVectorsPath, evidence.inference.inputs.size(), dim, evidence.inference_embeddings),
        ReadMatrix(files, kReferenceVectorsPath, images, dim, evidence.reference_embeddings),
        ReadMatrix(files, kTestVectorsPath, images, dim, evidence.test_embeddings),
        ReadMatrix(files, kPerformanceVectorsPath, PerformanceRows(evidence.performance), dim,
                   evidence.performance_embeddings)}) {
    if (!status.ok()) return status;
  }
  return {};
}

}  // namespace

Result<Evidence> ReadEvidence(const RunLog& log, const Files& files, std::vector<std::string>& unknown_fields) {
  Evidence e;
  for (Status status : {ReadRecord(log, kEnvironmentEvent, ParseEnvironmentRecord, e.environment, unknown_fields),
                        ReadRecord(log, kInferenceEvent, ParseInferenceRecord, e.inference, unknown_fields),
                        ReadRecord(log, kAccuracyEvent, ParseAccuracyRecord, e.accuracy, unknown_fields),
                        ReadRecord(log, kPerformanceEvent, ParsePerformanceRecord, e.performance, unknown_fields)}) {
    if (!status.ok()) return status;
  }
  if (log.Last(kAdaptEvent) != nullptr) {
    CONVNEXT_RETURN_IF_ERROR(ReadRecord(log, kAdaptEvent, ParseAdaptRecord, e.adapt.emplace(), unknown_fields));
  }
  if (log.Last(kReportEvent) != nullptr) {
    CONVNEXT_RETURN_IF_ERROR(ReadRecord(log, kReportEvent, ParseReportRecord, e.report, unknown_fields));
  }
  CONVNEXT_RETURN_IF_ERROR(ReadEmbedding(log, files, e, unknown_fields));
  CONVNEXT_RETURN_IF_ERROR(CheckShape(e));
  CONVNEXT_RETURN_IF_ERROR(ReadVectors(files, e));
  return e;
}

Files RenderDocuments(const Evidence& evidence) {
  Files documents = EnvironmentFiles(evidence.environment);
  documents.merge(InferenceFiles(evidence.inference, evidence.inference_embeddings));
  documents.merge(AccuracyFiles(evidence.accuracy, evidence.reference_embeddings, evidence.test_embeddings));
  documents.merge(PerformanceFiles(evidence.performance, evidence.performance_embeddings));
  if (evidence.embedding) documents.merge(EmbeddingFiles(*evidence.embedding, evidence.embedded_units));
  for (const char* path : PathsOf(FileKind::kVectors)) documents.erase(path);
  documents.erase(kEmbeddedUnitsPath);
  return documents;
}

bool RanOnNpu(const Evidence& evidence) { return evidence.accuracy.device.device.starts_with("npu"); }

bool IsEmulated(const Evidence& e) {
  if (!RanOnNpu(e)) return false;
  std::string texts = JsonText(ToJson(e.environment));
  for (const DeviceFacts* device : {&e.inference.device, &e.accuracy.device, &e.performance.device})
    texts += device->npu_name.value_or("") + "\n" + device->precision.value_or("") + "\n";
  if (e.embedding) texts += e.embedding->device.npu_name.value_or("") + "\n";
  return LowerCase(texts).find("emulator") != std::string::npos;
}

}  // namespace convnext
