// Flags that several commands share.
#pragma once

#include <charconv>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "cli/cli.h"
#include "convnext/bundle/bundle.h"
#include "convnext/engine.h"

namespace convnext::cli {

void AddModelPath(CLI::App& command, EngineOptions& engine);

// --dtype, as the device of the kind `kind` takes it. It is asked for when the flags have been read; where it has none,
// the device is a wrong one, and MakeBackend says so.
void AddPrecision(CLI::App& command, Precision& precision, const std::function<std::optional<DeviceKind>()>& kind,
                  const std::string& help);

// --image_size
void AddImageSize(CLI::App& command, std::optional<ImageSize>& size, const Bounds<int64_t>& bounds = kImageSizes);

// --exif_orientation
void AddExifOrientation(CLI::App& command, ExifOrientation& orientation);

// --max_pixels and --exif_orientation
void AddDecoding(CLI::App& command, DecodeOptions& options);

// --device, --dtype, --threads, --simd_target
void AddDevice(CLI::App& command, BackendOptions& backend);

// --weights_cache, for commands of which several run on a host.
void AddWeightsCache(CLI::App& command, BackendOptions& backend);

// --image_path, --num_images, --exif_orientation, --image_size, for commands that make test images where there are no
// pictures.
struct EvaluationImages {
  std::vector<std::string> paths;
  int64_t count = 5;
};
void AddEvaluationImages(CLI::App& command, EvaluationImages& images, EngineOptions& engine);

// --repository_url, --source_url, --track and --with_program, for commands that make a bundle.
void AddReportOptions(CLI::App& command, ReportOptions& report, std::vector<std::string>& with_program);

// What --with_program names; nothing if it is not given.
std::optional<std::vector<std::string>> ProgramsOf(const CLI::App& command, std::vector<std::string> with_program);

// --batch_sizes, --warmup, --runs, --min_time
struct Timing {
  std::vector<int64_t> batch_sizes = {1, 4, 8, 16};
  int64_t warmup = 3, runs = 10;
  double min_time_sec = 0;
};
void AddTiming(CLI::App& command, Timing& timing);

// A number as people write it, and nothing else around it: no "0x10", no "010", which CLI11 reads as 8, no "1 ".
template <class T>
std::optional<T> ParseNumber(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  const bool octal = std::is_integral_v<T> && text.size() > 1 && text.front() == '0';
  return octal ? std::nullopt : std::optional<T>(value);
}

// The values that the library's check allows an option to have; the help says "INT in [1 - 4096]".
template <class T>
CLI::Validator InBounds(const Bounds<T>& bounds) {
  const auto check = [bounds](const std::string& text) -> std::string {
    const auto value = ParseNumber<T>(text);
    if (!value) return "\"" + Printable(text) + "\": expected a number";
    return CheckBounds("value", *value, bounds).message();
  };
  return {check, fmt::format("{} in [{} - {}]", CLI::detail::type_name<T>(), bounds.smallest, bounds.largest)};
}

// An option of several whole numbers, "1,4,8,16": none empty, none twice, at most kListLengths of them.
CLI::Option* AddNumbers(CLI::App& command, const std::string& name, std::vector<int64_t>& values,
                        const Bounds<int64_t>& bounds, const std::string& help);

// A line on standard error for each step of long work.
void ShowStep(const std::string& step);

}  // namespace convnext::cli
