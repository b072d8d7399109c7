#include "convnext/eval/accuracy.h"

#include <algorithm>
#include <cmath>

#include "convnext/eval/model_facts.h"
#include "convnext/facts/facts.h"

namespace convnext {
namespace {

using Activation = std::pair<std::string, std::vector<double>>;

// One device's embeddings, and if asked for the activations of each image after each stage.
struct DeviceRun {
  DeviceFacts device;
  ModelFacts model;
  std::vector<InputFacts> inputs;
  Tensor<double> embeddings;
  std::vector<std::vector<Activation>> activations;  // per image
};

Tap<float> CollectInto(std::vector<Activation>& activations) {
  return [&activations](std::string_view name, const Activations<float>& x) {
    std::vector<double> values;
    for (int64_t row = 0; row < x.rows(); ++row) {
      values.insert(values.end(), x.data + row * x.stride, x.data + row * x.stride + x.C);
    }
    activations.emplace_back(name, std::move(values));
  };
}

Status EmbedAll(const Engine& engine, const std::vector<EvaluationInput>& inputs, const AccuracyOptions& options,
                DeviceRun& run) {
  CONVNEXT_ASSIGN_OR_RETURN(auto driver, BatchDriver::Open(engine));  // without a warm-up: no time is kept
  const auto dim = static_cast<size_t>(engine.embedding_dim());
  run.embeddings.shape = {static_cast<int64_t>(inputs.size()), engine.embedding_dim()};
  for (const EvaluationInput& input : inputs) {
    if (options.progress) {
      options.progress(
          fmt::format("{}: image {}/{}", run.device.device, run.embeddings.data.size() / dim + 1, inputs.size()));
    }
    driver.Clear();
    CONVNEXT_RETURN_IF_ERROR(driver.Add(input.image));
    Tap<float> tap;
    if (options.drift) tap = CollectInto(run.activations.emplace_back());
    if (const auto embedded = driver.Run(tap); !embedded.ok()) return embedded.status();
    const std::span<const float> embedding = driver.embeddings();
    run.embeddings.data.insert(run.embeddings.data.end(), embedding.begin(), embedding.end());
  }
  return {};
}

Result<DeviceRun> RunDevice(const AccuracyOptions& options, const std::string& device,
                            const std::vector<SourcePicture>& pictures) {
  EngineOptions engine_options = options.engine;
  if (device != options.engine.backend.device) {  // what was asked of the tested device alone
    engine_options.backend = {};
    engine_options.backend.device = device;
    engine_options.backend.threads = options.engine.backend.threads;
  }
  engine_options.progress = options.progress;
  if (options.progress) options.progress(fmt::format("{}: loading the model", device));
  CONVNEXT_ASSIGN_OR_RETURN(const auto engine, OpenEngine(engine_options));
  CONVNEXT_ASSIGN_OR_RETURN(const auto inputs, PrepareInputs(engine, pictures));
  DeviceRun run{engine.device(), DescribeModel(engine.model()), FactsOf(inputs), {}, {}};
  CONVNEXT_RETURN_IF_ERROR(EmbedAll(engine, inputs, options, run));
  return run;
}

// The largest drift over all images after each stage.
std::vector<StageDrift> MeasureDrift(const DeviceRun& reference, const DeviceRun& test) {
  std::vector<StageDrift> drift;
  for (size_t n = 0; n < test.activations.size(); ++n) {
    for (size_t s = 0; s < test.activations[n].size(); ++s) {
      const Metrics m = Compare(reference.activations[n][s].second, test.activations[n][s].second);
      if (n == 0) drift.push_back({test.activations[n][s].first, 0, 0});
      drift[s].max_rel_error_pct = std::max(drift[s].max_rel_error_pct, m.max_rel_error_pct);
      drift[s].norm_rel_error_pct = std::max(drift[s].norm_rel_error_pct, m.norm_rel_error_pct);
    }
  }
  return drift;
}

bool IsFile(const std::string& reference) { return reference.ends_with(".npy"); }

// The reference's side from another device.
Status RunReference(const AccuracyOptions& options, const std::vector<SourcePicture>& pictures, const DeviceRun& test,
                    AccuracyRun& run) {
  CONVNEXT_ASSIGN_OR_RETURN(auto reference, RunDevice(options, options.reference, pictures));
  run.record.reference.device = reference.device;
  run.record.drift = MeasureDrift(reference, test);
  run.reference = std::move(reference.embeddings);
  return {};
}

// The reference's side from a file.
Status UseReferenceFile(ReferenceFile file, const DeviceRun& test, AccuracyRun& run) {
  CONVNEXT_RETURN_IF_ERROR(MatchReference(file, test.model, test.inputs));
  run.record.reference = file.facts;
  run.reference = std::move(file.embeddings);
  return {};
}

}  // namespace

Status CheckAccuracyOptions(const AccuracyOptions& options) {
  if (!(options.threshold_pct > 0 && options.threshold_pct <= kThresholdPct)) {
    return Invalid("--threshold_pct {}: expected more than 0 and at most {} (it may only be tightened)",
                   options.threshold_pct, kThresholdPct);
  }
  if (IsFile(options.reference)) {
    if (!options.drift) return {};
    return Invalid("--explain needs the activations of the reference: use --reference cpu-reference, not a file");
  }
  if (options.reference != "cpu-reference" && options.reference != "cpu") {
    return Invalid("--reference {}: expected cpu-reference, cpu or FILE.npy", Printable(options.reference));
  }
  if (options.drift && IsNpu(options.engine.backend.device))
    return Invalid("--explain needs the activations inside the model, which an NPU does not show; use --device cpu");
  if (options.reference != options.engine.backend.device) return {};
  return Invalid("the device and the reference are both {}: a comparison with itself proves nothing",
                 options.reference);
}

Result<AccuracyRun> MeasureAccuracy(const AccuracyOptions& options, const std::vector<SourcePicture>& pictures) {
  CONVNEXT_RETURN_IF_ERROR(CheckAccuracyOptions(options));
  const WindowTimer timer;
  AccuracyRun run;
  ReferenceFile file;
  if (IsFile(options.reference)) {  // before the long work, not after it
    CONVNEXT_ASSIGN_OR_RETURN(auto read, ReadReferenceFile(options.reference));
    file = std::move(read);
  }
  CONVNEXT_ASSIGN_OR_RETURN(auto test, RunDevice(options, options.engine.backend.device, pictures));
  Status status = IsFile(options.reference) ? UseReferenceFile(std::move(file), test, run)
                                            : RunReference(options, pictures, test, run);
  if (!status.ok()) return status;
  run.test = std::move(test.embeddings);
  run.record.tool = CurrentTool();
  run.record.launcher = CurrentLauncher(ThisMachine());
  run.record.model = test.model;
  run.record.device = test.device;
  run.record.inputs = test.inputs;
  run.record.threshold_pct = options.threshold_pct;
  run.record.window = timer.Finish();
  return run;
}

}  // namespace convnext
