#include "atc_request.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <optional>
#include <string_view>

#include "atc_precision.h"

namespace ascend_emulator {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMostGears = 100;

std::vector<std::string> Split(const std::string& text, char mark) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == mark) {
      parts.emplace_back();
    } else {
      parts.back().push_back(c);
    }
  }
  return parts;
}

std::optional<int64_t> Number(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const bool digits = std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (text.empty() || text.size() > 9 || !digits) return std::nullopt;
  const int64_t value = std::stoll(std::string(text));
  return negative ? -value : value;
}

// Letters, digits, "_-./" and Chinese characters, whose bytes are above 127.
bool IsPath(std::string_view path) {
  return std::all_of(path.begin(), path.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 127 || std::isalnum(byte) != 0 || std::string_view("_-./").find(c) != std::string_view::npos;
  });
}

std::string ReadSoc(const Flags& flags, const std::string& root, CompiledModel& model) {
  model.soc_version = Value(flags, "soc_version");
  if (model.soc_version.empty()) return "E10054: The required parameter --soc_version is not set";
  utsname names{};
  ::uname(&names);
  const fs::path folder = fs::path(root) / (std::string(names.machine) + "-linux") / "data" / "platform_config";
  const bool plain = model.soc_version.find('/') == std::string::npos;
  std::error_code ignored;
  if (!plain || !fs::is_regular_file(folder / (model.soc_version + ".ini"), ignored))
    return InvalidValue("soc_version", model.soc_version, "this chip is not known");
  return "";
}

std::string ReadPaths(const Flags& flags, AtcRequest& request) {
  request.onnx_path = Value(flags, "model");
  request.output = Value(flags, "output");
  std::error_code ignored;
  if (!IsPath(request.onnx_path))
    return InvalidValue("model", request.onnx_path, "the path has other characters than letters, digits and _-./");
  if (!fs::is_regular_file(request.onnx_path, ignored))
    return InvalidValue("model", request.onnx_path, "the file does not exist");
  if (request.output.empty()) return "E10054: The required parameter --output is not set";
  if (!IsPath(request.output))
    return InvalidValue("output", request.output, "the path has other characters than letters, digits and _-./");
  const fs::path output(request.output);
  if (output.filename().empty()) return InvalidValue("output", request.output, "it names no file");
  const fs::path folder = output.parent_path().empty() ? "." : output.parent_path();
  if (!fs::is_directory(folder, ignored))
    return fmt::format("E13000: Path {} is invalid: it does not exist", folder.string());
  request.model.name = output.filename();
  return "";
}

std::string ReadGears(const Flags& flags, CompiledModel& model) {
  const std::string text = Value(flags, "dynamic_batch_size");
  if (flags.contains("dynamic_image_size") || flags.contains("dynamic_dims")) {
    const bool both = flags.contains("dynamic_batch_size");
    return both ? "E10009: --dynamic_batch_size, --dynamic_image_size and --dynamic_dims exclude each other"
                : "E10055: Only --dynamic_batch_size is supported by the emulator";
  }
  if (!flags.contains("dynamic_batch_size")) return "";
  for (const std::string& part : Split(text, ',')) {
    const auto gear = Number(part);
    const bool repeated = gear && std::find(model.gears.begin(), model.gears.end(), *gear) != model.gears.end();
    if (!gear || *gear < 1 || repeated)
      return fmt::format("E10003: Value {} for parameter --dynamic_batch_size is invalid: {}", text,
                         repeated ? "a gear is repeated" : "gears are positive numbers, with commas between");
    model.gears.push_back(*gear);
  }
  if (model.gears.size() < 2 || model.gears.size() > kMostGears)
    return fmt::format("E10035: --dynamic_batch_size has {} gears, it must have 2 to {}", model.gears.size(),
                       kMostGears);
  return "";
}

}  // namespace

bool ParseInputShapes(const std::string& text, std::map<std::string, std::vector<int64_t>>& shapes) {
  for (const std::string& part : Split(text, ';')) {
    const size_t mark = part.rfind(':');
    if (mark == std::string::npos || mark == 0) return false;
    std::vector<int64_t> dims;
    for (const std::string& dim : Split(part.substr(mark + 1), ',')) {
      const auto value = Number(dim);
      if (!value || *value == 0 || *value < -1) return false;
      dims.push_back(*value);
    }
    if (!shapes.emplace(part.substr(0, mark), std::move(dims)).second) return false;
  }
  return true;
}

std::string ReadRequest(const Flags& flags, const std::string& root, AtcRequest& request) {
  if (Value(flags, "framework") != "5")
    return fmt::format("E10007: Value {} for parameter --framework is invalid, the emulator supports 5 (ONNX)",
                       Value(flags, "framework", "-1"));
  if (std::string error = ReadPaths(flags, request); !error.empty()) return error;
  if (std::string error = ReadSoc(flags, root, request.model); !error.empty()) return error;
  if (std::string error = ReadPrecision(flags, request.model); !error.empty()) return error;
  request.model.float16_outputs = Value(flags, "output_type") == "FP16";
  if (flags.contains("input_shape") && !ParseInputShapes(Value(flags, "input_shape"), request.input_shapes))
    return fmt::format(
        "E10002: Value {} for parameter --input_shape is invalid, it must be \"name1:n1,c1,h1,w1;name2:...\"",
        Value(flags, "input_shape"));
  return ReadGears(flags, request.model);
}

}  // namespace ascend_emulator
