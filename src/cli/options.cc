#include "cli/options.h"

#include <fmt/ranges.h>

#include <set>

#include "convnext/eval/eval.h"

namespace convnext::cli {
namespace {

// Adds the numbers of `text` to `values`; an error says what is wrong.
Status ParseNumbers(std::string_view text, const Bounds<int64_t>& bounds, std::vector<int64_t>& values) {
  const std::string_view whole = text;
  while (true) {
    const std::string_view part = text.substr(0, text.find(','));
    const auto value = ParseNumber<int64_t>(part);
    if (!value)
      return Invalid("\"{}\": expected numbers with single commas between them, as 1,4,8,16", Printable(whole));
    CONVNEXT_RETURN_IF_ERROR(CheckBounds("value", *value, bounds));
    values.push_back(*value);
    if (part.size() == text.size()) return {};
    text.remove_prefix(part.size() + 1);
  }
}

Result<std::vector<int64_t>> ParseList(const std::vector<std::string>& texts, const Bounds<int64_t>& bounds) {
  std::vector<int64_t> values;
  for (const std::string& text : texts) {
    CONVNEXT_RETURN_IF_ERROR(ParseNumbers(text, bounds, values));
  }
  CONVNEXT_RETURN_IF_ERROR(CheckBounds("count of values", static_cast<int64_t>(values.size()), kListLengths));
  std::set<int64_t> seen;
  for (const int64_t value : values) {
    if (!seen.insert(value).second) return Invalid("{} stands twice", value);
  }
  return values;
}

}  // namespace

CLI::Option* AddNumbers(CLI::App& command, const std::string& name, std::vector<int64_t>& values,
                        const Bounds<int64_t>& bounds, const std::string& help) {
  const auto parse = [&values, bounds, name](const std::vector<std::string>& texts) {
    auto parsed = ParseList(texts, bounds);
    if (!parsed.ok()) throw CLI::ValidationError(name.substr(0, name.find(',')), parsed.status().message());
    values = *std::move(parsed);
  };
  return command.add_option_function<std::vector<std::string>>(name, parse, help)
      ->type_name(fmt::format("INT:INT in [{} - {}]", bounds.smallest, bounds.largest))
      ->default_str(fmt::format("{}", fmt::join(values, ",")));
}

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

void AddExifOrientation(CLI::App& command, ExifOrientation& orientation) {
  const std::string ignore(Name(ExifOrientation::kIgnore)), apply(Name(ExifOrientation::kApply));
  command
      .add_option_function<std::string>(
          Flag("--exif_orientation"),
          [&orientation, apply](const std::string& text) {
            orientation = text == apply ? ExifOrientation::kApply : ExifOrientation::kIgnore;
          },
          "pictures whose EXIF says that they lie on a side: ignore, as timm does, or apply, to turn them")
      ->check(CLI::IsMember({ignore, apply}))
      ->default_str(ignore);
}

void AddDecoding(CLI::App& command, DecodeOptions& options) {
  command.add_option(Flag("--max_pixels"), options.max_pixels, "refuse pictures with more pixels")
      ->check(InBounds(kMaxPixelsBounds))
      ->capture_default_str();
  AddExifOrientation(command, options.orientation);
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

void AddWeightsCache(CLI::App& command, BackendOptions& backend) {
  command.add_option(Flag("--weights_cache"), backend.weights_cache,
                     "DIR where processes on a CPU share packed weights, in memory once [each has its own]");
}

void AddEvaluationImages(CLI::App& command, EvaluationImages& images, EngineOptions& engine) {
  command.add_option(
      Flag("--image_path"), images.paths,
      "pictures (" + PictureFormatNames() +
          ") and directories of them (recursive, sorted); the first --num_images are used [test images]");
  command
      .add_option(Flag("--num_images"), images.count,
                  "inputs; where there are fewer pictures, photograph-like test images that are the same everywhere "
                  "(noise in octaves, light, soft shapes, from a fixed seed) fill up")
      ->check(InBounds(kInputCounts))
      ->capture_default_str();
  AddExifOrientation(command, engine.decode.orientation);
  AddImageSize(command, engine.image_size);
}

void AddTiming(CLI::App& command, Timing& timing) {
  AddNumbers(command, Flag("--batch_sizes"), timing.batch_sizes, kBatchSizes, "batch sizes, as 1,4,8,16");
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

void ShowStep(const std::string& step) { PrintError("convnext: {}\n", step); }

static constexpr int kMostPrograms = 100;

void AddReportOptions(CLI::App& command, ReportOptions& report, std::vector<std::string>& with_program) {
  command.add_option(Flag("--repository_url"), report.repository_url, "where the bundle will be published");
  command.add_option(Flag("--source_url"), report.source_url, "where the source of this program is public");
  command.add_option("--track", report.track, "the competition's track")->capture_default_str();
  command
      .add_option(Flag("--with_program"), with_program,
                  "FILE or DIR ...: the bundle carries these programs, one for each architecture: executables, "
                  "convnext-*-linux-*.tar.gz of tools/portable, or directories of them [this version's in dist/, and "
                  "this program if it needs nothing but glibc]")
      ->expected(0, kMostPrograms);
}

std::optional<std::vector<std::string>> ProgramsOf(const CLI::App& command, std::vector<std::string> with_program) {
  if (command.count("--with_program") == 0) return std::nullopt;
  std::erase_if(with_program, [](const std::string& path) { return path.empty() || path == "{}"; });  // CLI11's "none"
  return with_program;
}

}  // namespace convnext::cli
