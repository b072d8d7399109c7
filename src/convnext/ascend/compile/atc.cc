#include "convnext/ascend/compile/atc.h"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "convnext/onnx/onnx.h"

namespace convnext {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxOutputBytes = size_t{4} << 20;
constexpr int kFirstWithV2 = 8;

// Chips whose cube units take float16 and int8 only: docs/ascend-facts.md, "Compiling: chip names".
bool IsOlderChip(std::string_view soc) {
  constexpr std::string_view kOld[] = {"Ascend310", "Ascend610", "Ascend910A", "Ascend910Pro", "Ascend910Premium"};
  if (std::any_of(std::begin(kOld), std::end(kOld), [&](std::string_view prefix) { return soc.starts_with(prefix); }))
    return true;
  // Without a number behind it, 910 and 910B are the first generation; 910B1, 910B4-1, 910_9362 are later ones.
  constexpr std::string_view kB = "Ascend910B";
  if (soc.starts_with(kB)) return soc.size() == kB.size() || soc[kB.size()] < '1' || soc[kB.size()] > '9';
  return soc == "Ascend910";
}

// The flags of a precision since CANN 8.0 and before.
struct PrecisionMode {
  Precision precision;
  std::string_view v2, v1;
};
constexpr PrecisionMode kPrecisionModes[] = {
    {Precision::kFloat32, "--precision_mode_v2=origin", "--precision_mode=must_keep_origin_dtype"},
    {Precision::kFloat32Reduced, "--precision_mode_v2=cube_fp16in_fp32out", "--precision_mode=cube_fp16in_fp32out"},
    {Precision::kFloat16, "--precision_mode_v2=fp16", "--precision_mode=force_fp16"}};

std::string_view PrecisionFlag(const AtcRequest& request) {
  for (const PrecisionMode& mode : kPrecisionModes) {
    if (mode.precision == request.precision) return request.precision_mode_v2 ? mode.v2 : mode.v1;
  }
  return "";
}

}  // namespace

std::optional<BlockingReason> ExcludedByChip(const CompileOptions& options) {
  if (options.precision != Precision::kFloat32 || HasFloat32Products(options.soc_version)) return std::nullopt;
  return MakeReason("npu.precision.float32",
                    Say({"float32 was asked for on {}", "要求在 {} 上使用 float32"}, Printable(options.soc_version)),
                    Say({"the cube unit of this chip multiplies float16 and int8, not float32",
                         "该芯片的 Cube 单元只支持 float16 和 int8 乘法，不支持 float32"}),
                    Say({"--dtype float32-reduced: float16 products summed in float32, and its error is measured",
                         "使用 --dtype float32-reduced：乘积为 float16，以 float32 累加，其误差会实测"}));
}

Atc MakeAtc(const Machine& machine, const CannInstallation& cann) {
  return {machine.root + cann.atc.value_or(""), CannEnvironment(machine, cann), ""};
}

std::string InputShape(int64_t batch, int64_t height, int64_t width, bool uint8_input) {
  if (uint8_input) return fmt::format("{}:{},{},{},3", kOnnxInput, batch, height, width);
  return fmt::format("{}:{},3,{},{}", kOnnxInput, batch, height, width);
}

bool HasPrecisionModeV2(const std::optional<std::string>& cann_version) {
  int major = kFirstWithV2;
  if (cann_version) std::from_chars(cann_version->data(), cann_version->data() + cann_version->size(), major);
  return major >= kFirstWithV2;
}

bool HasSharedWeights(const std::optional<std::string>& cann_version) {
  constexpr std::pair kFirst(8, 5);
  if (!cann_version) return false;
  std::pair version(0, 0);
  const char* const end = cann_version->data() + cann_version->size();
  const char* const point = std::from_chars(cann_version->data(), end, version.first).ptr;
  if (point != end && *point == '.') std::from_chars(point + 1, end, version.second);
  return version >= kFirst;
}

// The default precision is float16, so the mode is always given. With float32 kept, convolutions still compute in HF32
// (11 bits) unless that is switched off; two flags do it in the same direction, as neither is documented for every
// version. Chips without float32 products do not know these flags. See docs/ascend-facts.md, "Compiling: precision".
std::vector<std::string> AtcFlags(const AtcRequest& request, const AtcFiles& files) {
  std::vector<std::string> flags = {"--mode=0",
                                    "--framework=5",
                                    "--model=" + files.model,
                                    "--output=" + files.output,
                                    "--soc_version=" + request.soc_version,
                                    request.uint8_input ? "--input_format=ND" : "--input_format=NCHW",
                                    "--input_shape=" + request.input_shape,
                                    "--output_type=FP32",
                                    "--log=error",
                                    "--deterministic=1"};
  flags.emplace_back(PrecisionFlag(request));
  if (request.external_weights) flags.emplace_back("--external_weight=1");
  if (!OpPrecisionModes(request).empty()) {
    flags.push_back("--op_precision_mode=" + files.op_precision_modes);
    flags.emplace_back("--allow_hf32=false");
  }
  return flags;
}

std::string OpPrecisionModes(const AtcRequest& request) {
  if (request.precision != Precision::kFloat32 || !HasFloat32Products(request.soc_version)) return "";
  std::string text = "[ByOpType]\n";
  for (const char* op : {"Conv2D", "DepthwiseConv2D", "MatMul", "MatMulV2", "BatchMatMul", "BatchMatMulV2"}) {
    fmt::format_to(std::back_inserter(text), "{}=enable_float_32_execution\n", op);
  }
  return text;
}

bool HasFloat32Products(const std::string& soc_version) { return !IsOlderChip(soc_version); }

bool IsAtcPath(const std::string& path) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./";
  return !path.empty() && path.find_first_not_of(kAllowed) == std::string::npos;
}

Result<ProcessResult> RunAtc(const Atc& atc, const std::vector<std::string>& flags, const std::string& directory,
                             double timeout_seconds) {
  std::vector<std::string> arguments = {atc.program};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  return RunProcess(arguments, {.timeout_seconds = timeout_seconds,
                                .max_output_bytes = kMaxOutputBytes,
                                .variables = atc.variables,
                                .directory = directory,
                                .timeout_is_error = false,
                                .remove_if_killed = atc.scratch});
}

std::optional<std::string> FindAtcOutput(const std::string& output) {
  std::error_code error;
  const fs::path plain = output + ".om";
  if (fs::is_regular_file(plain, error)) return plain;
  const std::string prefix = fs::path(output).filename().string() + "_";
  for (fs::directory_iterator entry(plain.parent_path(), error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename();
    if (name.starts_with(prefix) && name.ends_with(".om") && entry->is_regular_file(error)) return entry->path();
  }
  return std::nullopt;
}

}  // namespace convnext
