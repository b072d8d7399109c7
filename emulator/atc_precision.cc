#include "atc_precision.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>

namespace ascend_emulator {
namespace {

struct Mode {
  std::string_view flag, precision;
};

// The names mean this here: --precision_mode=force_fp32 is, despite its name, float16 products.
constexpr Mode kModes[] = {{"force_fp16", "fp16"},
                           {"force_fp32", "cube_fp16in_fp32out"},
                           {"cube_fp16in_fp32out", "cube_fp16in_fp32out"},
                           {"allow_fp32_to_fp16", "cube_fp16in_fp32out"},
                           {"must_keep_origin_dtype", "origin"},
                           {"allow_mix_precision", "mixed_float16"},
                           {"allow_mix_precision_fp16", "mixed_float16"}};
constexpr Mode kModesV2[] = {{"fp16", "fp16"},
                             {"origin", "origin"},
                             {"cube_fp16in_fp32out", "cube_fp16in_fp32out"},
                             {"mixed_float16", "mixed_float16"}};

template <size_t N>
std::string SetMode(const Flags& flags, const std::string& name, const Mode (&modes)[N], CompiledModel& model) {
  const std::string value = Value(flags, name);
  const auto* found = std::find_if(modes, modes + N, [&value](const Mode& mode) { return mode.flag == value; });
  if (found == modes + N) return InvalidValue(name, value, "no such precision mode in the emulator");
  model.precision_mode = found->precision;
  return "";
}

// The operators of all_ops_impl_mode.ini that a ConvNeXt has, with the modes they take.
constexpr std::string_view kCube[] = {"Conv2D",   "DepthwiseConv2D", "MatMul",
                                      "MatMulV2", "BatchMatMul",     "BatchMatMulV2"};
constexpr std::string_view kVector[] = {"LayerNorm", "LayerNormV3", "Gelu", "ReduceMean",
                                        "Tanh",      "Exp",         "Sqrt", "RealDiv"};

template <size_t N>
bool Contains(const std::string_view (&names)[N], std::string_view name) {
  return std::find(names, names + N, name) != names + N;
}

void SetHf32(std::string_view op, bool on, CompiledModel& model) {
  if (op == "Conv2D") model.hf32_convolution = on;
  if (op == "DepthwiseConv2D") model.hf32_depthwise = on;
  if (op.find("MatMul") != std::string_view::npos) model.hf32_matmul = on;
}

// Returns the reason why not, empty if set.
std::string SetOperatorMode(std::string_view op, std::string_view mode, CompiledModel& model) {
  const bool exact = mode == "enable_float_32_execution", hf32 = mode == "enable_hi_float_32_execution";
  const bool vector = mode == "high_precision" || mode == "high_performance";
  if (!Contains(kCube, op) && !Contains(kVector, op)) return fmt::format("operator type {} has no modes", op);
  if (!(Contains(kCube, op) ? exact || hf32 : vector))
    return fmt::format("operator type {} does not support mode {}", op, mode);
  if ((exact || hf32) && !CubeHasFloat32(model.soc_version))
    return fmt::format("mode {} is not supported on {}", mode, model.soc_version);
  if (exact || hf32) SetHf32(op, hf32, model);
  return "";
}

std::string_view Trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") + 1 - first);
}

}  // namespace

std::string ReadOperatorModes(const std::string& path, std::string_view text, CompiledModel& model) {
  std::string_view section;
  for (size_t number = 1; !text.empty(); ++number) {
    const std::string_view line = Trimmed(text.substr(0, text.find('\n')));
    text.remove_prefix(
        std::min(text.size(), text.find('\n') == std::string_view::npos ? text.size() : text.find('\n') + 1));
    if (line.empty() || line.starts_with('#')) continue;
    const auto invalid = [&path, number](std::string_view reason) {
      return InvalidValue("op_precision_mode", path, fmt::format("line {}: {}", number, reason));
    };
    if (line.starts_with('[')) {
      section = line;
      continue;
    }
    const size_t mark = line.find('=');
    if (section != "[ByOpType]") return invalid("not in a section [ByOpType]; the emulator knows no other");
    if (mark == std::string_view::npos) return invalid("not of the form operator=mode");
    const std::string reason = SetOperatorMode(Trimmed(line.substr(0, mark)), Trimmed(line.substr(mark + 1)), model);
    if (!reason.empty()) return invalid(reason);
  }
  return "";
}

std::string ReadPrecision(const Flags& flags, CompiledModel& model) {
  const bool one = flags.contains("precision_mode"), two = flags.contains("precision_mode_v2");
  if (one && two) return "E10056: Parameters --precision_mode and --precision_mode_v2 cannot be given together";
  model.precision_mode = "fp16";  // force_fp16 is the default
  std::string error;
  if (one) error = SetMode(flags, "precision_mode", kModes, model);
  if (two) error = SetMode(flags, "precision_mode_v2", kModesV2, model);
  if (!error.empty()) return error;
  // Its effect is "reserved": it does not turn HF32 off. See docs/ascend-facts.md, "Compiling: precision".
  if (flags.contains("allow_hf32") && !CubeHasFloat32(model.soc_version))
    return InvalidValue("allow_hf32", Value(flags, "allow_hf32"), "it is not supported on " + model.soc_version);
  const std::string path = Value(flags, "op_precision_mode");
  if (path.empty()) return "";
  std::ifstream file(path, std::ios::binary);
  if (!file) return InvalidValue("op_precision_mode", path, "the file cannot be read");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return ReadOperatorModes(path, text, model);
}

}  // namespace ascend_emulator
