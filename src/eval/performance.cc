#include "eval/performance.h"

#include <set>

#include "eval/facts.h"
#include "eval/memory.h"
#include "eval/tool_facts.h"

namespace convnext {
namespace {

// No option may ask for more than this; a run must end.
constexpr int64_t kMaxRuns = 100'000;

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

Status TimeBatch(Engine& engine, const std::vector<EvaluationInput>& inputs, const PerformanceOptions& options,
                 BatchTimes& times, Tensor<double>& embeddings) {
  BatchTimer timer(engine, inputs, times.batch_size);
  for (int64_t i = 0; i < options.warmup; ++i) {
    const auto time = timer.Time(0);
    if (!time.ok()) return time.status();
    times.warmup_ns.push_back(*time);
  }
  const Stopwatch stopwatch;
  for (int64_t run = 0; run < options.runs || (stopwatch.Seconds() < options.min_time_sec && run < kMaxRuns); ++run) {
    const auto time = timer.Time(static_cast<size_t>(run));
    if (!time.ok()) return time.status();
    times.times_ns.push_back(*time);
  }
  embeddings.data.insert(embeddings.data.end(), timer.embeddings().begin(), timer.embeddings().end());
  embeddings.shape[0] += times.batch_size;
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
    BatchTimes& times = run.record.batches.emplace_back(BatchTimes{batch_size, {}, {}});
    if (Status status = TimeBatch(engine, inputs, options, times, run.embeddings); !status.ok()) return status;
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
  auto engine = Engine::Open(options.engine);
  if (!engine.ok()) return engine.status();
  const auto inputs = PrepareInputs(*engine, pictures);
  if (!inputs.ok()) return inputs.status();
  if (Status status = TimeAll(*engine, *inputs, options, run); !status.ok()) return status;
  run.record.memory_after = MachineMemory();
  run.record.tool = CurrentTool();
  run.record.model = DescribeModel(engine->model());
  run.record.device = DescribeDevice(engine->device());
  run.record.inputs = FactsOf(*inputs);
  run.record.min_time_sec = options.min_time_sec;
  run.record.load_ns = Nanoseconds(engine->load_seconds());
  run.record.window = timer.Finish();
  return run;
}

}  // namespace convnext
