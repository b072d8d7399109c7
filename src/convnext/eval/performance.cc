#include "convnext/eval/performance.h"

#include <set>

#include "convnext/eval/memory.h"
#include "convnext/eval/model_facts.h"
#include "convnext/facts/facts.h"

namespace convnext {
namespace {

// The pictures of run `run` as the batch of `driver`.
Status FillBatch(const std::vector<EvaluationInput>& inputs, int64_t batch_size, size_t run, BatchDriver& driver) {
  driver.Clear();
  for (size_t i = 0; i < static_cast<size_t>(batch_size); ++i) {
    CONVNEXT_RETURN_IF_ERROR(driver.Add(inputs[InputOfRun(run, i, inputs.size())].image));
  }
  return {};
}

// A device that is not the host times all runs of a batch, or its times do not count.
void AppendTimes(const BatchRun& run, bool has_clock, BatchTimes& times) {
  times.times_ns.push_back(Nanoseconds(run.seconds));
  const auto& device = run.report.device_times;
  if (has_clock && !device) {
    times.no_device_times = kNoDeviceTimes;
    for (auto* series : {&times.copy_in_ns, &times.execute_ns, &times.copy_out_ns}) series->clear();
  }
  if (!device || !times.no_device_times.empty()) return;
  times.copy_in_ns.push_back(Nanoseconds(device->copy_in_seconds));
  times.execute_ns.push_back(Nanoseconds(device->execute_seconds));
  times.copy_out_ns.push_back(Nanoseconds(device->copy_out_seconds));
}

// A device's own memory in the place of the machine's; what this process holds is always the machine's.
void RecordDeviceMemory(const DeviceMemoryUse& device, PerformanceRecord& record) {
  static_cast<DeviceMemory&>(record.memory_before) = device.before;
  static_cast<DeviceMemory&>(record.memory_after) = device.now;
  record.memory_before.total_bytes = device.now.total_bytes;  // also where it could not be read before
}

// A batch that a compiled model cannot run at once would be timed as several.
Status CheckBatches(const Engine& engine, const std::vector<int64_t>& batch_sizes) {
  for (const int64_t batch_size : batch_sizes) {
    if (!engine.program().IsOneRun(batch_size))
      return Invalid(
          "the compiled model has no batch size {} (shared out among the devices); give --batch_sizes that "
          "it has, or leave --om_path out",
          batch_size);
  }
  return {};
}

// The runs before the clock, all with the pictures of the first run.
Status WarmUp(const std::vector<EvaluationInput>& inputs, int64_t runs, BatchDriver& driver, BatchTimes& times) {
  CONVNEXT_RETURN_IF_ERROR(FillBatch(inputs, times.batch_size, 0, driver));
  CONVNEXT_ASSIGN_OR_RETURN(const auto warmup, driver.WarmUp(runs));
  for (const double seconds : warmup) times.warmup_ns.push_back(Nanoseconds(seconds));
  return {};
}

Status TimeBatch(const Engine& engine, const std::vector<EvaluationInput>& inputs, const PerformanceOptions& options,
                 BatchTimes& times, PerformanceRun& run) {
  CONVNEXT_ASSIGN_OR_RETURN(auto driver, BatchDriver::Open(engine));
  CONVNEXT_RETURN_IF_ERROR(WarmUp(inputs, options.warmup, driver, times));
  ForwardProfile profile;
  const Stopwatch stopwatch;
  for (int64_t i = 0; i < options.runs || (stopwatch.Seconds() < options.min_time_sec && i < kMaxRuns); ++i) {
    CONVNEXT_RETURN_IF_ERROR(FillBatch(inputs, times.batch_size, static_cast<size_t>(i), driver));
    CONVNEXT_ASSIGN_OR_RETURN(const auto timed, driver.Run());
    AppendTimes(timed, engine.device().npu_count > 0, times);
    if (timed.report.profile) profile.Add(*timed.report.profile);
  }
  if (profile.threads > 0) run.profiles.push_back(profile);
  run.embeddings.data.insert(run.embeddings.data.end(), driver.embeddings().begin(), driver.embeddings().end());
  run.embeddings.shape[0] += times.batch_size;
  return {};
}

// The first run of all, which nothing has warmed up.
Status TimeFirstRun(const Engine& engine, const std::vector<EvaluationInput>& inputs, PerformanceRecord& record) {
  CONVNEXT_ASSIGN_OR_RETURN(auto driver, BatchDriver::Open(engine));
  CONVNEXT_RETURN_IF_ERROR(FillBatch(inputs, 1, 0, driver));
  CONVNEXT_ASSIGN_OR_RETURN(const auto first, driver.Run());
  record.first_run_ns = Nanoseconds(first.seconds);
  return {};
}

Status TimeBatches(const Engine& engine, const std::vector<EvaluationInput>& inputs, const PerformanceOptions& options,
                   PerformanceRun& run) {
  run.embeddings.shape = {0, engine.embedding_dim()};
  CONVNEXT_RETURN_IF_ERROR(TimeFirstRun(engine, inputs, run.record));
  for (const int64_t batch_size : options.batch_sizes) {
    if (options.progress) options.progress(fmt::format("{}: batch {}", engine.device().device, batch_size));
    BatchTimes& times = run.record.batches.emplace_back();
    times.batch_size = batch_size;
    CONVNEXT_RETURN_IF_ERROR(TimeBatch(engine, inputs, options, times, run));
  }
  return {};
}

}  // namespace

Status CheckPerformanceOptions(const PerformanceOptions& options) {
  CONVNEXT_RETURN_IF_ERROR(
      CheckBounds("count of batch sizes", static_cast<int64_t>(options.batch_sizes.size()), kListLengths));
  std::set<int64_t> seen;
  for (const int64_t batch_size : options.batch_sizes) {
    CONVNEXT_RETURN_IF_ERROR(CheckBounds("batch size", batch_size, kBatchSizes));
    if (!seen.insert(batch_size).second) return Invalid("batch size {} stands twice", batch_size);
  }
  CONVNEXT_RETURN_IF_ERROR(CheckBounds("runs", options.runs, kRunCounts));
  CONVNEXT_RETURN_IF_ERROR(CheckBounds("warm-up runs", options.warmup, kWarmupCounts));
  return CheckBounds("seconds to time", options.min_time_sec, kMinTimes);
}

Result<PerformanceRun> MeasurePerformance(const PerformanceOptions& options,
                                          const std::vector<SourcePicture>& pictures) {
  CONVNEXT_RETURN_IF_ERROR(CheckPerformanceOptions(options));
  const WindowTimer timer;
  PerformanceRun run;
  run.record.memory_before = MachineMemory();
  if (options.progress) options.progress(fmt::format("{}: loading the model", options.engine.backend.device));
  EngineOptions opening = options.engine;
  opening.batch_sizes = options.batch_sizes;
  opening.batch_sizes.push_back(1);  // of the first run
  opening.progress = options.progress;
  CONVNEXT_ASSIGN_OR_RETURN(const auto engine, OpenEngine(opening));
  CONVNEXT_RETURN_IF_ERROR(CheckBatches(engine, options.batch_sizes));
  CONVNEXT_ASSIGN_OR_RETURN(const auto inputs, PrepareInputs(engine, pictures));
  CONVNEXT_RETURN_IF_ERROR(TimeBatches(engine, inputs, options, run));
  run.record.memory_after = MachineMemory();
  if (options.profile) run.peak = engine.program().MeasurePeak();
  if (const auto memory = engine.program().Memory()) RecordDeviceMemory(*memory, run.record);
  run.record.tool = CurrentTool();
  run.record.launcher = CurrentLauncher(ThisMachine());
  run.record.model = DescribeModel(engine.model());
  run.record.device = engine.device();
  run.record.inputs = FactsOf(inputs);
  run.record.min_time_sec = options.min_time_sec;
  run.record.load_ns = Nanoseconds(engine.load_seconds());
  run.record.window = timer.Finish();
  return run;
}

}  // namespace convnext
