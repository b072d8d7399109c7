#include "cli/options.h"

#include "eval/eval.h"

namespace convnext::cli {

void AddModelPath(CLI::App& command, EngineOptions& engine) {
  command.add_option(Flag("--model_path"), engine.model_path,
                     std::string("FILE.safetensors, or a directory with model.safetensors and config.json [") +
                         kDefaultModelPath + "]");
}

void AddPrecision(CLI::App& command, Precision& precision, const std::function<std::optional<DeviceKind>()>& kind,
                  const std::string& help) {
  const auto parse = [&precision, kind](const std::string& text) {
    const auto device = kind();
    if (!device) return;
    const auto parsed = ParsePrecision(text, *device);
    if (!parsed.ok()) throw CLI::ValidationError(parsed.status().message());
    precision = *parsed;
  };
  command.add_option_function<std::string>("--dtype", parse, help)->default_str(Name(precision));
}

void AddImageSize(CLI::App& command, std::optional<ImageSize>& size, const Bounds<int64_t>& bounds) {
  const auto parse = [&size, bounds](const std::string& text) {
    const auto parsed = ParseImageSize(text, bounds);
    if (!parsed.ok()) throw CLI::ValidationError("--image_size " + parsed.status().message());
    size = *parsed;
  };
  command
      .add_option_function<std::string>(
          Flag("--image_size"), parse,
          "the model's input in pixels, as 320 or, height first, 256x192 [the model's own]")
      ->option_text(fmt::format("N or HxW in [{} - {}]", bounds.smallest, bounds.largest));
}

void AddDevice(CLI::App& command, BackendOptions& backend) {
  command
      .add_option("--device", backend.device,
                  "cpu, cpu-reference (scalar, float64), npu, npu:K, npu:K,npu:L or npu:all (batches are shared out)")
      ->capture_default_str();
  // CLI11 reads the flags in the order in which they are added: the device is known.
  AddPrecision(
      command, backend.dtype, [&backend] { return FindDeviceKind(backend.device); }, PrecisionChoices());
  command.add_option(Flag("--om_path"), backend.om_path,
                     "NPU: FILE.om, the model compiled already [compiled by atc the first time, then cached]");
  command.add_option("--threads", backend.threads, "threads [the cores this process may use]")
      ->check(InBounds(kThreadCounts));
  command.add_option(Flag("--simd_target"), backend.simd_target, "one of those that --version lists [the best]");
}

void AddEvaluationImages(CLI::App& command, EvaluationImages& images, EngineOptions& engine) {
  command.add_option(Flag("--image_path"), images.paths,
                     "pictures (JPEG, PNG, WebP) and directories of them (recursive, sorted); the first --num_images "
                     "are used [test images]");
  command
      .add_option(Flag("--num_images"), images.count,
                  "inputs; where there are fewer pictures, photograph-like test images that are the same everywhere "
                  "(noise in octaves, light, soft shapes, from a fixed seed) fill up")
      ->check(InBounds(kInputCounts))
      ->capture_default_str();
  AddImageSize(command, engine.image_size);
}

void AddTiming(CLI::App& command, Timing& timing) {
  command.add_option(Flag("--batch_sizes"), timing.batch_sizes, "batch sizes, as 1,4,8,16")
      ->delimiter(',')
      ->check(InBounds(kBatchSizes))
      ->capture_default_str();
  command.add_option("--warmup", timing.warmup, "runs before the clock, at each batch size")
      ->check(InBounds(kWarmupCounts))
      ->capture_default_str();
  command.add_option("--runs", timing.runs, "timed runs at each batch size")
      ->check(InBounds(kRunCounts))
      ->capture_default_str();
  command.add_option(Flag("--min_time"), timing.min_time_sec, "seconds to time each batch size at least")
      ->check(InBounds(kMinTimes))
      ->capture_default_str();
}

void ShowStep(const std::string& step) { fmt::print(stderr, "convnext: {}\n", step); }

}  // namespace convnext::cli
