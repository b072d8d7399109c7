#include "convnext/facts/record_json.h"

#include "convnext/facts/record_fields.h"

namespace convnext {

template <class Visitor>
void VisitFields(Visitor& visit, ToolFacts& tool) {
  visit("version", tool.version);
  visit("commit", tool.commit);
  visit("binary_sha256", tool.binary_sha256);
}

template <class Visitor>
void VisitFields(Visitor& visit, LauncherFacts& launcher) {
  visit("python", launcher.python);
  visit("pip", launcher.pip);
}

template <class Visitor>
void VisitFields(Visitor& visit, ModelFacts& model) {
  visit("name", model.name);
  visit("weights_path", model.weights_path);
  visit("weights_sha256", model.weights_sha256);
  visit("tensors", model.tensors);
  visit("parameters", model.parameters);
  visit("image_size", model.image_size);
  visit("embedding_dim", model.embedding_dim);
  visit("synthetic", model.synthetic);
  visit("config", model.config);
  visit("notes", model.notes);
}

template <class Visitor>
void VisitFields(Visitor& visit, DeviceFacts& device) {
  visit("device", device.device);
  visit("dtype", device.dtype);
  visit("simd_target", device.simd_target);
  visit("threads", device.threads);
  visit("npu_count", device.npu_count);
  visit("npu_name", device.npu_name);
  visit("precision", device.precision);
  visit.Unless("precision_chinese", device.precision_chinese, {});
}

template <class Visitor>
void VisitFields(Visitor& visit, Window& window) {
  visit("timestamp", window.timestamp);
  visit("started_ns", window.started_ns);
  visit("finished_ns", window.finished_ns);
  visit("steady_ns", window.steady_ns);
}

template <class Visitor>
void VisitFields(Visitor& visit, InputFacts& input) {
  visit("path", input.path);
  visit("file_sha256", input.file_sha256);
  visit("tensor_sha256", input.tensor_sha256);
  visit("height", input.height);
  visit("width", input.width);
  visit("generated", input.generated);
  visit("warnings", input.warnings);
  visit.Unless("turned", input.turned, int64_t{0});
}

template <class Visitor>
void VisitFields(Visitor& visit, InferenceRecord& record) {
  visit("tool", record.tool);
  visit("model", record.model);
  visit("device", record.device);
  visit("window", record.window);
  visit("inputs", record.inputs);
  visit("batch_size", record.batch_size);
  visit("normalize", record.normalize);
  visit("load_ns", record.load_ns);
  visit("decode_ns", record.decode_ns);
  visit("resize_ns", record.resize_ns);
  visit("model_ns", record.model_ns);
  visit("failed", record.failed);
  visit.Unless("launcher", record.launcher, {});
}

template <class Visitor>
void VisitFields(Visitor& visit, ReferenceFacts& reference) {
  visit("device", reference.device);
  visit("file_sha256", reference.file_sha256);
  visit("versions", reference.versions);
}

template <class Visitor>
void VisitFields(Visitor& visit, StageDrift& drift) {
  visit("stage", drift.stage);
  visit("max_rel_error_pct", drift.max_rel_error_pct);
  visit("norm_rel_error_pct", drift.norm_rel_error_pct);
}

template <class Visitor>
void VisitFields(Visitor& visit, AccuracyRecord& record) {
  visit("tool", record.tool);
  visit("model", record.model);
  visit("device", record.device);
  visit("reference", record.reference);
  visit("window", record.window);
  visit("inputs", record.inputs);
  visit("threshold_pct", record.threshold_pct);
  visit("drift", record.drift);
  visit.Unless("launcher", record.launcher, {});
}

template <class Visitor>
void VisitFields(Visitor& visit, MemoryFacts& memory) {
  visit("free_bytes", memory.free_bytes);
  visit("total_bytes", memory.total_bytes);
  visit("process_rss_bytes", memory.process_rss_bytes);
}

template <class Visitor>
void VisitFields(Visitor& visit, BatchTimes& batch) {
  visit("batch_size", batch.batch_size);
  visit("warmup_ns", batch.warmup_ns);
  visit("times_ns", batch.times_ns);
  visit("copy_in_ns", batch.copy_in_ns);
  visit("execute_ns", batch.execute_ns);
  visit("copy_out_ns", batch.copy_out_ns);
  visit.Unless("no_device_times", batch.no_device_times, std::string());
}

template <class Visitor>
void VisitFields(Visitor& visit, PerformanceRecord& record) {
  visit("tool", record.tool);
  visit("model", record.model);
  visit("device", record.device);
  visit("window", record.window);
  visit("inputs", record.inputs);
  visit("min_time_sec", record.min_time_sec);
  visit("load_ns", record.load_ns);
  visit("first_run_ns", record.first_run_ns);
  visit("memory_before", record.memory_before);
  visit("memory_after", record.memory_after);
  visit("batches", record.batches);
  visit.Unless("launcher", record.launcher, {});
}

template <class Visitor>
void VisitFields(Visitor& visit, EmbeddedUnit& unit) {
  visit("unit", unit.unit);
  visit("pictures", unit.pictures);
  visit("rows", unit.rows);
  visit("failures", unit.failures);
  visit("commit_sha256", unit.commit_sha256);
}

template <class Visitor>
void VisitFields(Visitor& visit, EmbeddingRecord& record) {
  visit("tool", record.tool);
  visit("model", record.model);
  visit("device", record.device);
  visit("window", record.window);
  visit("plan_sha256", record.plan_sha256);
  visit("units", record.units);
  visit("pictures", record.pictures);
  visit("batch_size", record.batch_size);
  visit("normalize", record.normalize);
  visit("store", record.store);
  visit("rank", record.rank);
  visit("ranks", record.ranks);
  visit("own_pictures", record.own_pictures);
  visit("own_rows", record.own_rows);
  visit("own_failures", record.own_failures);
  visit("load_ns", record.load_ns);
  visit("run_ns", record.run_ns);
  visit.Unless("launcher", record.launcher, {});
}

template <class Visitor>
void VisitFields(Visitor& visit, ReasonTexts& texts) {
  visit("symptom", texts.symptom);
  visit("cause", texts.cause);
  visit("advice", texts.advice);
}

template <class Visitor>
void VisitFields(Visitor& visit, BlockingReason& reason) {
  visit("code", reason.code);
  visit("symptom", reason.symptom);
  visit("cause", reason.cause);
  visit("advice", reason.advice);
  visit.Unless("chinese", reason.chinese, {});
}

template <class Visitor>
void VisitFields(Visitor& visit, GitFacts& git) {
  visit("branch", git.branch);
  visit("commit", git.commit);
  visit("dirty", git.dirty);
  visit("remote", git.remote);
}

template <class Visitor>
void VisitFields(Visitor& visit, HostFacts& host) {
  visit("host", host.host);
  visit("user", host.user);
  visit("directory", host.directory);
}

template <class Visitor>
void VisitFields(Visitor& visit, EnvironmentRecord& record) {
  visit("tool", record.tool);
  visit("model", record.model);
  visit("requested_device", record.requested_device);
  visit("window", record.window);
  visit("os", record.os);
  visit("distribution", record.distribution);
  visit("kernel", record.kernel);
  visit("architecture", record.architecture);
  visit("libc", record.libc);
  visit("cpu_model", record.cpu_model);
  visit("cpu_flags", record.cpu_flags);
  visit("simd_targets", record.simd_targets);
  visit("cores", record.cores);
  visit("usable_cores", record.usable_cores);
  visit("quota_cores", record.quota_cores);
  visit("memory_bytes", record.memory_bytes);
  visit("compiler", record.compiler);
  visit("build_flags", record.build_flags);
  visit("libraries", record.libraries);
  visit("npu_count", record.npu_count);
  visit("npu_name", record.npu_name);
  visit("driver_version", record.driver_version);
  visit("cann_version", record.cann_version);
  visit("npu_smi", record.npu_smi);
  visit("blocking_reasons", record.blocking_reasons);
  visit("git", record.git);
  visit("variables", record.variables);
  visit("host", record.host);
  visit.Unless("launcher", record.launcher, {});
}

template <class Visitor>
void VisitFields(Visitor& visit, ProgramFacts& program) {
  visit("path", program.path);
  visit("sha256", program.sha256);
  visit("bytes", program.bytes);
  visit("glibc", program.glibc);
  visit("libraries", program.libraries);
}

template <class Visitor>
void VisitFields(Visitor& visit, ReportRecord& record) {
  visit("tool", record.tool);
  visit("timestamp", record.timestamp);
  visit("repository_url", record.repository_url);
  visit("track", record.track);
  visit("git", record.git);
  visit.Unless("source_url", record.source_url, {});
  visit.Unless("programs", record.programs, {});
}

template <class Visitor>
void VisitFields(Visitor& visit, AdaptRecord& record) {
  visit("tool", record.tool);
  visit("requested_device", record.requested_device);
  visit("device", record.device);
  visit("dtype", record.dtype);
  visit("threads", record.threads);
  visit("simd_target", record.simd_target);
  visit("weights_sha256", record.weights_sha256);
  visit("om_sha256", record.om_sha256);
  visit("image_size", record.image_size);
  visit("inputs", record.inputs);
  visit.Unless("exif_orientation", record.exif_orientation, std::string("ignore"));
  visit("batch_sizes", record.batch_sizes);
  visit("warmup", record.warmup);
  visit("runs", record.runs);
  visit("min_time_sec", record.min_time_sec);
  visit("with_host_identity", record.with_host_identity);
}

nlohmann::ordered_json ToJson(const EnvironmentRecord& record) { return RecordToJson(record); }
nlohmann::ordered_json ToJson(const InferenceRecord& record) { return RecordToJson(record); }
nlohmann::ordered_json ToJson(const AccuracyRecord& record) { return RecordToJson(record); }
nlohmann::ordered_json ToJson(const PerformanceRecord& record) { return RecordToJson(record); }
nlohmann::ordered_json ToJson(const EmbeddedUnit& unit) { return RecordToJson(unit); }
nlohmann::ordered_json ToJson(const EmbeddingRecord& record) { return RecordToJson(record); }
nlohmann::ordered_json ToJson(const ReportRecord& record) { return RecordToJson(record); }
nlohmann::ordered_json ToJson(const AdaptRecord& record) { return RecordToJson(record); }

Result<EnvironmentRecord> ParseEnvironmentRecord(const nlohmann::ordered_json& json,
                                                 std::vector<std::string>* unknown) {
  return RecordFromJson<EnvironmentRecord>(json, unknown);
}
Result<InferenceRecord> ParseInferenceRecord(const nlohmann::ordered_json& json, std::vector<std::string>* unknown) {
  return RecordFromJson<InferenceRecord>(json, unknown);
}
Result<AccuracyRecord> ParseAccuracyRecord(const nlohmann::ordered_json& json, std::vector<std::string>* unknown) {
  return RecordFromJson<AccuracyRecord>(json, unknown);
}
Result<PerformanceRecord> ParsePerformanceRecord(const nlohmann::ordered_json& json,
                                                 std::vector<std::string>* unknown) {
  return RecordFromJson<PerformanceRecord>(json, unknown);
}
Result<EmbeddedUnit> ParseEmbeddedUnit(const nlohmann::ordered_json& json) {
  return RecordFromJson<EmbeddedUnit>(json);
}
Result<EmbeddingRecord> ParseEmbeddingRecord(const nlohmann::ordered_json& json, std::vector<std::string>* unknown) {
  return RecordFromJson<EmbeddingRecord>(json, unknown);
}
Result<ReportRecord> ParseReportRecord(const nlohmann::ordered_json& json, std::vector<std::string>* unknown) {
  return RecordFromJson<ReportRecord>(json, unknown);
}
Result<AdaptRecord> ParseAdaptRecord(const nlohmann::ordered_json& json, std::vector<std::string>* unknown) {
  return RecordFromJson<AdaptRecord>(json, unknown);
}

}  // namespace convnext
