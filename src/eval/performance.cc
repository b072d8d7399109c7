#include "eval/performance.h"

#include <set>

#include "eval/facts.h"
#include "eval/memory.h"
#include "eval/tool_facts.h"

namespace convnext {
namespace {

class BatchTimer {
 public:
  BatchTimer(Engine& engine, const std::vector<EvaluationInput>& inputs, int64_t batch_size)
      : engine_(engine),
        inputs_(inputs),
        batch_size_(batch_size),
        embeddings_(static_cast<size_t>(batch_size * engine.embedding_dim())) {}

  // The nanoseconds that run `run` takes.
  Result<int64_t> Time(size_t run) {
    Fill(run);
    const InputFacts& first = inputs_[0].facts;
    const Stopwatch stopwatch;
    if (Status status = engine_.Embed({batch_, batch_size_, first.height, first.width}, embeddings_); !status.ok())
      return status;
    return Nanoseconds(stopwatch.Seconds());
  }

  const std::vector<float>& embeddings() const { return embeddings_; }

 private:
  void Fill(size_t run) {
    batch_.clear();
    for (size_t i = 0; i < static_cast<size_t>(batch_size_); ++i) {
      const PreparedImage& image = inputs_[InputOfRun(run, i, inputs_.size())].image;
      batch_.insert(batch_.end(), image.data.begin(), image.data.end());
    }
  }

  Engine& engine_;
  const std::vector<EvaluationInput>& inputs_;
  int64_t batch_size_;
  AlignedVector<float> batch_;
  std::vector<float> embeddings_;
};

void KeepDeviceTimes(const Engine& engine, BatchTimes& times) {
  const auto device = engine.device_times();
  if (!device) return;
  times.copy_in_ns.push_back(Nanoseconds(device->copy_in_seconds));
  times.execute_ns.push_back(Nanoseconds(device->execute_seconds));
  times.copy_out_ns.push_back(Nanoseconds(device->copy_out_seconds));
}

// A device's own memory in the place of the machine's; what this process holds is always the machine's.
void TakeDeviceMemory(const DeviceMemoryUse& device, PerformanceRecord& record) {
  static_cast<DeviceMemory&>(record.memory_before) = device.before;
  static_cast<DeviceMemory&>(record.memory_after) = device.now;
  record.memory_before.total_bytes = device.now.total_bytes;  // also where it could not be read before
}

// A batch that a compiled model cannot run at once would be timed as several.
Status CheckBatches(const Engine& engine, const std::vector<int64_t>& batch_sizes) {
  for (const int64_t batch_size : batch_sizes) {
    if (!engine.IsOneRun(batch_size))
      return Invalid(
          "the compiled model has no batch size {} (shared out among the devices); give --batch_sizes that "
          "it has, or leave --om_path out",
          batch_size);
  }
  return {};
}

Status TimeBatch(Engine& engine, const std::vector<EvaluationInput>& inputs, const PerformanceOptions& options,
                 BatchTimes& times, PerformanceRun& run) {
  BatchTimer timer(engine, inputs, times.batch_size);
  for (int64_t i = 0; i < options.warmup; ++i) {
    const auto time = timer.Time(0);
    if (!time.ok()) return time.status();
    times.warmup_ns.push_back(*time);
  }
  ForwardProfile profile;
  const Stopwatch stopwatch;
  for (int64_t i = 0; i < options.runs || (stopwatch.Seconds() < options.min_time_sec && i < kMaxRuns); ++i) {
    const auto time = timer.Time(static_cast<size_t>(i));
    if (!time.ok()) return time.status();
    times.times_ns.push_back(*time);
    KeepDeviceTimes(engine, times);
    if (const auto one = engine.profile()) profile.Add(*one);
  }
  if (engine.profile()) run.profiles.push_back(profile);
  run.embeddings.data.insert(run.embeddings.data.end(), timer.embeddings().begin(), timer.embeddings().end());
  run.embeddings.shape[0] += times.batch_size;
  return {};
}

Status TimeAll(Engine& engine, const std::vector<EvaluationInput>& inputs, const PerformanceOptions& options,
               PerformanceRun& run) {
  run.embeddings.shape = {0, engine.embedding_dim()};
  const auto first = BatchTimer(engine, inputs, 1).Time(0);
  if (!first.ok()) return first.status();
  run.record.first_run_ns = *first;
  for (const int64_t batch_size : options.batch_sizes) {
    if (options.progress) options.progress(fmt::format("{}: batch {}", engine.device().device, batch_size));
    BatchTimes& times = run.record.batches.emplace_back(BatchTimes{batch_size, {}, {}, {}, {}, {}});
    if (Status status = TimeBatch(engine, inputs, options, times, run); !status.ok()) return status;
  }
  return {};
}

}  // namespace

Status CheckPerformanceOptions(const PerformanceOptions& options) {
  if (options.batch_sizes.empty()) return Invalid("no batch sizes; expected for example 1,4,8,16");
  std::set<int64_t> seen;
  for (const int64_t batch_size : options.batch_sizes) {
    if (batch_size < 1 || batch_size > 4096) return Invalid("batch size {}: expected 1 to 4096", batch_size);
    if (!seen.insert(batch_size).second) return Invalid("batch size {} stands twice", batch_size);
  }
  if (options.runs < 1 || options.runs > kMaxRuns) return Invalid("{} runs: expected 1 to {}", options.runs, kMaxRuns);
  if (options.warmup < 0 || options.warmup > kMaxRuns)
    return Invalid("{} warm-up runs: expected 0 to {}", options.warmup, kMaxRuns);
  return {};
}

Result<PerformanceRun> MeasurePerformance(const PerformanceOptions& options,
                                          const std::vector<SourcePicture>& pictures) {
  if (Status status = CheckPerformanceOptions(options); !status.ok()) return status;
  const WindowTimer timer;
  PerformanceRun run;
  run.record.memory_before = MachineMemory();
  if (options.progress) options.progress(fmt::format("{}: loading the model", options.engine.backend.device));
  EngineOptions opening = options.engine;
  opening.batch_sizes = options.batch_sizes;
  opening.batch_sizes.push_back(1);  // of the first run
  opening.progress = options.progress;
  auto engine = Engine::Open(opening);
  if (!engine.ok()) return engine.status();
  if (Status status = CheckBatches(*engine, options.batch_sizes); !status.ok()) return status;
  const auto inputs = PrepareInputs(*engine, pictures);
  if (!inputs.ok()) return inputs.status();
  if (Status status = TimeAll(*engine, *inputs, options, run); !status.ok()) return status;
  run.record.memory_after = MachineMemory();
  if (options.profile) run.peak = engine->MeasurePeak();
  if (const auto memory = engine->device_memory()) TakeDeviceMemory(*memory, run.record);
  run.record.tool = CurrentTool();
  run.record.model = DescribeModel(engine->model());
  run.record.device = engine->device();
  run.record.inputs = FactsOf(*inputs);
  run.record.min_time_sec = options.min_time_sec;
  run.record.load_ns = Nanoseconds(engine->load_seconds());
  run.record.window = timer.Finish();
  return run;
}

}  // namespace convnext
