#include "convnext/bundle/performance_report.h"

#include "convnext/bundle/layout.h"
#include "convnext/facts/facts.h"

namespace convnext {
namespace {

using Json = nlohmann::ordered_json;

Json MemoryJson(const MemoryFacts& memory) {
  Json json = {{"free_mb", Megabytes(memory.free_bytes)},
               {"total_mb", Megabytes(memory.total_bytes)},
               {"used_mb", Megabytes(memory.total_bytes - memory.free_bytes)}};
  if (memory.process_rss_bytes) json["process_rss_mb"] = Megabytes(*memory.process_rss_bytes);
  return json;
}

Json StabilityJson(const Stability& stability) {
  return {{"stable", stability.stable},
          {"coefficient_of_variation", stability.coefficient_of_variation},
          {"drift", stability.drift},
          {"reason", stability.reason.empty() ? Json() : Json(stability.reason)}};
}

// Accepts a record that lacks some times: 0 if there are none.
double MeanMilliseconds(const std::vector<int64_t>& nanoseconds) {
  return nanoseconds.empty() ? 0 : Summarize(nanoseconds).avg_sec * 1e3;
}

// By the clock of a device that is not the host.
Json DeviceTimesJson(const BatchTimes& batch) {
  if (batch.execute_ns.empty()) return nullptr;
  return {{"avg_copy_in_ms", MeanMilliseconds(batch.copy_in_ns)},
          {"avg_execute_ms", MeanMilliseconds(batch.execute_ns)},
          {"avg_copy_out_ms", MeanMilliseconds(batch.copy_out_ns)},
          {"copy_in_ns", batch.copy_in_ns},
          {"execute_ns", batch.execute_ns},
          {"copy_out_ns", batch.copy_out_ns}};
}

Json BatchJson(const BatchTimes& batch) {
  const TimeStatistics t = Summarize(batch.times_ns);
  Json json = {{"avg_time_sec", t.avg_sec},
               {"std_time_sec", t.std_sec},
               {"min_time_sec", t.min_sec},
               {"max_time_sec", t.max_sec},
               {"p50_sec", t.p50_sec},
               {"p90_sec", t.p90_sec},
               {"throughput_img_per_sec", ThroughputImagesPerSecond(batch)},
               {"num_runs", batch.times_ns.size()},
               {"warmup", batch.warmup_ns.size()},
               {"p95_sec", t.p95_sec},
               {"p99_sec", t.p99_sec},
               {"stability", StabilityJson(AssessStability(batch.times_ns))},
               {"device_times", DeviceTimesJson(batch)},
               {"times_ns", batch.times_ns},
               {"warmup_ns", batch.warmup_ns}};
  if (!batch.no_device_times.empty()) json["no_device_times"] = batch.no_device_times;
  return json;
}

std::string BatchName(const BatchTimes& batch) { return fmt::format("bs{}", batch.batch_size); }

// The adaptation's fields.
Json ReferenceFields(const PerformanceRecord& record) {
  Json json;
  json["model"] = record.model.name;
  json["device"] = record.device.device;
  json["dtype"] = record.device.dtype;
  json["npu_name"] = record.device.npu_name ? Json(*record.device.npu_name) : Json();
  json["input_size"] = {3, record.model.image_size.height, record.model.image_size.width};
  json["memory_before"] = MemoryJson(record.memory_before);
  json["memory_after"] = MemoryJson(record.memory_after);
  for (const BatchTimes& batch : record.batches) json["per_batch_results"][BatchName(batch)] = BatchJson(batch);
  return json;
}

Json Methods() {
  return {
      {"time_covers",
       "the forward pass with its inputs in the host's memory, until the results are there (synchronised; an "
       "NPU's copies included); steady clock; not decoding, resizing or loading"},
      {"device_times", "an NPU's own clock (events on its stream): copy in, execute, copy out; of the slowest device"},
      {"throughput_img_per_sec", "batch / avg_time_sec"},
      {"std_time_sec", "population standard deviation (numpy.std, ddof 0)"},
      {"percentiles", "linear interpolation (numpy.percentile)"},
      {"inputs",
       "run r of a batch reads the inputs (floor(r / 2) + i) mod num_images: every second run repeats "
       "the one before"}};
}

std::string BatchLines(const BatchTimes& batch) {
  const TimeStatistics t = Summarize(batch.times_ns);
  return fmt::format("--- BS={} ---\nAvg: {:.4f}s P50: {:.4f}s P90: {:.4f}s\nThroughput: {:.2f} img/s\n",
                     batch.batch_size, t.avg_sec, t.p50_sec, t.p90_sec, ThroughputImagesPerSecond(batch));
}

std::string DeviceLine(const DeviceFacts& device) {
  if (device.npu_count > 0) return fmt::format("Device: {} ({})\n", device.device, device.dtype);
  return fmt::format("Device: {} ({}, {} threads, {})\n", device.device, device.simd_target, device.threads,
                     device.dtype);
}

std::string DeviceTimesLine(const BatchTimes& batch) {
  if (!batch.no_device_times.empty())
    return fmt::format("bs{} by the device's clock: no times ({})\n", batch.batch_size,
                       Printable(batch.no_device_times));
  if (batch.execute_ns.empty()) return {};
  return fmt::format("bs{} by the device's clock (mean): copy in {:.4f} ms, execute {:.4f} ms, copy out {:.4f} ms\n",
                     batch.batch_size, MeanMilliseconds(batch.copy_in_ns), MeanMilliseconds(batch.execute_ns),
                     MeanMilliseconds(batch.copy_out_ns));
}

std::string OwnLines(const PerformanceRecord& record) {
  std::string text = "=== Details ===\n";
  text += fmt::format("Model: {}{}\n", record.model.name, record.model.synthetic ? " (SYNTHETIC WEIGHTS)" : "");
  text += DeviceLine(record.device);
  text += fmt::format("First run: {:.4f}s\n", Seconds(record.first_run_ns));
  for (const BatchTimes& batch : record.batches) {
    const Stability stability = AssessStability(batch.times_ns);
    text += fmt::format("bs{}: {} runs, {} warm-up, {}\n", batch.batch_size, batch.times_ns.size(),
                        batch.warmup_ns.size(), stability.stable ? "stable" : "UNSTABLE: " + stability.reason);
    text += DeviceTimesLine(batch);
    text += fmt::format("bs{} times (ns): {}\n", batch.batch_size, PythonText(batch.times_ns));
  }
  return text;
}

}  // namespace

double ThroughputImagesPerSecond(const BatchTimes& batch) {
  const double avg = Summarize(batch.times_ns).avg_sec;
  return avg > 0 ? static_cast<double>(batch.batch_size) / avg : 0;
}

std::string PerformanceJson(const PerformanceRecord& record) {
  Json json = ReferenceFields(record);
  json["load_time_sec"] = Seconds(record.load_ns);
  json["first_run_time_sec"] = Seconds(record.first_run_ns);
  json["min_time_sec"] = record.min_time_sec;
  json["num_images"] = record.inputs.size();
  json["methods"] = Methods();
  json["embeddings"] = kPerformanceVectorsPath;
  json["simd_target"] = record.device.simd_target;
  json["threads"] = record.device.threads;
  json["synthetic"] = record.model.synthetic;
  json["weights_sha256"] = record.model.weights_sha256;
  json["convnext_version"] = record.tool.version;
  json["convnext_commit"] = record.tool.commit;
  json["launcher"] = LauncherJson(record.launcher);
  json["timestamp"] = record.window.timestamp;
  return JsonText(json, 2) + "\n";
}

std::string PerformanceLog(const PerformanceRecord& record) {
  std::string text =
      fmt::format("=== {} Performance Evaluation ===\nTime: {}\n", record.model.name, record.window.timestamp);
  text += NpuLine("NPU", record.device);
  text += fmt::format("Loading model...\nModel loaded in {:.2f}s\n", Seconds(record.load_ns));
  for (const BatchTimes& batch : record.batches) text += BatchLines(batch);
  text += "=== Summary ===\n";
  for (const BatchTimes& batch : record.batches) {
    text += fmt::format("bs{}: avg={:.4f}s thr={:.2f}\n", batch.batch_size, Summarize(batch.times_ns).avg_sec,
                        ThroughputImagesPerSecond(batch));
  }
  const MemoryFacts& memory = record.memory_after;
  text += fmt::format("{} mem: {:.0f}/{:.0f}MB\n", record.device.npu_count > 0 ? "NPU" : "CPU",
                      Megabytes(memory.total_bytes - memory.free_bytes), Megabytes(memory.total_bytes));
  return text + OwnLines(record);
}

}  // namespace convnext
