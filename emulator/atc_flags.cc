#include "atc_flags.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace ascend_emulator {
namespace {

enum class Kind {
  kText,      // checked where it is used
  kBoolean,   // true or false
  kInteger,   // one of `allowed`
  kChoice,    // one of `allowed`
  kElsewhere  // known to CANN, not emulated
};

struct Flag {
  std::string_view name;
  Kind kind;
  std::string_view allowed;  // "0|1"
};

constexpr Flag kFlags[] = {
    {"mode", Kind::kChoice, "0|1|3|6"},
    {"framework", Kind::kText, ""},
    {"model", Kind::kText, ""},
    {"output", Kind::kText, ""},
    {"om", Kind::kText, ""},
    {"json", Kind::kText, ""},
    {"soc_version", Kind::kText, ""},
    {"input_format", Kind::kChoice, "NCHW|ND|NCDHW"},  // those of ONNX
    {"input_shape", Kind::kText, ""},
    {"dynamic_batch_size", Kind::kText, ""},
    {"dynamic_image_size", Kind::kText, ""},
    {"dynamic_dims", Kind::kText, ""},
    {"output_type", Kind::kChoice, "FP32|FP16"},
    {"precision_mode", Kind::kText, ""},
    {"precision_mode_v2", Kind::kText, ""},
    {"op_precision_mode", Kind::kText, ""},
    {"allow_hf32", Kind::kBoolean, ""},
    {"deterministic", Kind::kInteger, "0|1"},
    {"log", Kind::kChoice, "debug|info|warning|error|null"},
    {"op_compiler_cache_mode", Kind::kChoice, "enable|disable|force"},
    {"op_compiler_cache_dir", Kind::kText, ""},
    {"op_debug_level", Kind::kInteger, "0|1|2|3|4"},
    {"debug_dir", Kind::kText, ""},
    {"display_model_info", Kind::kInteger, "0|1"},
    {"external_weight", Kind::kInteger, "0|1"},
    {"is_weight_clip", Kind::kInteger, "0|1"},
    {"status_check", Kind::kInteger, "0|1"},
    {"check_report", Kind::kText, ""},
    {"op_select_impl_mode", Kind::kChoice, "high_precision|high_performance"},
    {"disable_reuse_memory", Kind::kInteger, "0|1"},
    {"enable_single_stream", Kind::kBoolean, ""},
    {"fusion_switch_file", Kind::kElsewhere, ""},
    {"weight", Kind::kElsewhere, ""},
    {"out_nodes", Kind::kElsewhere, ""},
    {"input_fp16_nodes", Kind::kElsewhere, ""},
    {"input_shape_range", Kind::kElsewhere, ""},
    {"insert_op_conf", Kind::kElsewhere, ""},
    {"keep_dtype", Kind::kElsewhere, ""},
    {"modify_mixlist", Kind::kElsewhere, ""},
    {"optypelist_for_implmode", Kind::kElsewhere, ""},
};

const Flag* FindFlag(std::string_view name) {
  const auto* found =
      std::find_if(std::begin(kFlags), std::end(kFlags), [name](const Flag& flag) { return flag.name == name; });
  return found == std::end(kFlags) ? nullptr : found;
}

bool Allows(std::string_view allowed, std::string_view value) {
  while (!allowed.empty()) {
    if (allowed.substr(0, allowed.find('|')) == value) return true;
    allowed.remove_prefix(std::min(allowed.size(), allowed.substr(0, allowed.find('|')).size() + 1));
  }
  return false;
}

bool IsInteger(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && text.size() < 10 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string CheckValue(const Flag& flag, const std::string& value) {
  const std::string name(flag.name);
  if (flag.kind == Kind::kElsewhere)
    return fmt::format("E10055: Parameter --{} is not supported by the emulator", name);
  if (flag.kind == Kind::kBoolean && value != "true" && value != "false")
    return fmt::format("E10005: Value {} for parameter --{} is invalid, it must be true or false", value, name);
  if (flag.kind == Kind::kInteger && !IsInteger(value))
    return fmt::format("E10006: Value {} for parameter --{} is invalid, it must be an integer", value, name);
  const bool choice = flag.kind == Kind::kInteger || flag.kind == Kind::kChoice;
  if (choice && !Allows(flag.allowed, value))
    return InvalidValue(name, value, fmt::format("it must be one of {}", flag.allowed));
  return "";
}

}  // namespace

std::string InvalidValue(const std::string& name, const std::string& value, const std::string& reason) {
  return fmt::format("E10001: Value {} for parameter --{} is invalid. Reason: {}.", value, name, reason);
}

std::string ParseFlags(const std::vector<std::string>& arguments, Flags& flags) {
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    const size_t mark = argument.find('=');
    const std::string name =
        argument.starts_with("--") ? argument.substr(2, mark == std::string::npos ? mark : mark - 2) : "";
    const Flag* flag = FindFlag(name);
    if (flag == nullptr) return fmt::format("ERROR: unknown command line flag '{}'", name.empty() ? argument : name);
    if (mark == std::string::npos && ++i == arguments.size())
      return fmt::format("ERROR: flag '--{}' is missing its argument", name);
    const std::string value = mark == std::string::npos ? arguments[i] : argument.substr(mark + 1);
    if (std::string error = CheckValue(*flag, value); !error.empty()) return error;
    flags[name] = value;
  }
  return "";
}

std::string Value(const Flags& flags, const std::string& name, const std::string& otherwise) {
  const auto found = flags.find(name);
  return found == flags.end() ? otherwise : found->second;
}

std::string Usage() {
  std::string text =
      "usage: atc --mode=0 --framework=5 --model=FILE.onnx --output=FILE --soc_version=CHIP [flags]\n"
      "       atc --mode=1 --om=FILE.om --json=FILE.json\n"
      "       atc --mode=6 --om=FILE.om\n"
      "An emulator of CANN's atc, for tests. Flags:\n";
  for (const Flag& flag : kFlags) {
    if (flag.kind == Kind::kElsewhere) continue;
    fmt::format_to(std::back_inserter(text), "  --{}{}{}\n", flag.name, flag.allowed.empty() ? "" : "  ", flag.allowed);
  }
  return text;
}

}  // namespace ascend_emulator
