// libfmk_onnx_parser.so: the functions of the graph engine that ONNX Runtime's CANN provider imports. A graph is the
// ONNX model that was parsed; building it gives the same .om as the emulator's atc.
// See docs/ascend-facts.md, "Clients: ONNX Runtime".
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <fstream>
#include <mutex>
#include <optional>

#include "atc_precision.h"
#include "codes.h"
#include "ge_types.h"
#include "model.h"
#include "onnx_reader.h"
#include "operators.h"
#include "runtime.h"

namespace ge {

class GraphImpl {
 public:
  std::string name, onnx;
};

}  // namespace ge

namespace ascend_emulator {
namespace {

using ge::graphStatus;

// Names of options: ge::ir_option of the documentation.
constexpr const char* kSocVersion = "ge.socVersion";
constexpr const char* kPrecisionMode = "ge.exec.precision_mode";
constexpr const char* kPrecisionModeV2 = "ge.exec.precision_mode_v2";
constexpr const char* kInputShape = "input_shape";

// The options of aclgrphBuildInitialize (soc_version and the precision), until aclgrphBuildFinalize.
std::mutex g_mutex;  // guards g_session
std::optional<CompiledModel> g_session;

// Logs the call; `text` is what aclGetRecentErrMsg will give, empty if all is well.
graphStatus LogResult(const char* function, graphStatus code, const std::string& text = "") {
  if (!text.empty()) Fail(kGraphEngineFailure, text);
  if (Logging()) Log(fmt::format("{}() = {}{}{}", function, code, text.empty() ? "" : " ", text));
  return code;
}

std::string Option(const ge::Options& options, const char* name) {
  const auto found = options.find(name);
  return found == options.end() ? "" : found->second.GetString();
}

// The first option that is not in `known`: nobody would notice that it does nothing.
std::optional<std::string> FindUnknownOption(const ge::Options& options,
                                             std::initializer_list<std::string_view> known) {
  for (const auto& [name, value] : options) {
    const std::string_view text = name.GetString();
    if (std::find(known.begin(), known.end(), text) == known.end()) return std::string(text);
  }
  return std::nullopt;
}

graphStatus Initialize(const ge::Options& options, CompiledModel& session, std::string& error) {
  // The last two choose between implementations for float16 inputs: nothing that is emulated.
  // See docs/ascend-facts.md, "Clients: ONNX Runtime".
  if (auto unknown = FindUnknownOption(options, {kSocVersion, kPrecisionMode, kPrecisionModeV2, "ge.opSelectImplmode",
                                                 "ge.optypelistForImplmode"})) {
    error = fmt::format("E10055: option {} is not emulated", *unknown);
    return ge::kGraphParamInvalid;
  }
  session.soc_version = Option(options, kSocVersion);
  if (session.soc_version != SocName()) error = InvalidValue("soc_version", session.soc_version, "not this chip");
  Flags flags;
  for (const auto& [option, flag] :
       {std::pair(kPrecisionMode, "precision_mode"), {kPrecisionModeV2, "precision_mode_v2"}}) {
    if (options.contains(option)) flags[flag] = Option(options, option);
  }
  if (error.empty()) error = ReadPrecision(flags, session);
  return error.empty() ? ge::kGraphSuccess : ge::kGraphParamInvalid;
}

// "1,3,64,64"; empty if it is none.
std::vector<int64_t> Numbers(std::string_view text) {
  std::vector<int64_t> numbers;
  while (!text.empty()) {
    int64_t number = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (code != std::errc{} || (end != text.data() + text.size() && *end != ',')) return {};
    numbers.push_back(number);
    text.remove_prefix(std::min(text.size(), static_cast<size_t>(end - text.data()) + 1));
  }
  return numbers;
}

// "images:1,3,64,64;other:1,2". Names of ONNX tensors may hold colons.
std::optional<std::map<std::string, std::vector<int64_t>>> InputShapes(std::string_view text) {
  std::map<std::string, std::vector<int64_t>> shapes;
  while (!text.empty()) {
    const std::string_view item = text.substr(0, text.find(';'));
    text.remove_prefix(std::min(text.size(), item.size() + 1));
    const size_t colon = item.rfind(':');
    if (colon == std::string_view::npos || colon == 0) return std::nullopt;
    auto dims = Numbers(item.substr(colon + 1));
    if (dims.empty()) return std::nullopt;
    shapes.emplace(item.substr(0, colon), std::move(dims));
  }
  return shapes;
}

// The parser's part of the checks; the rest follows when the graph is built.
std::string CheckOnnx(std::string_view bytes) {
  OnnxModel model;
  if (std::string error = ParseOnnx(bytes, model); !error.empty()) return "E13005: " + error;
  const auto opset = model.Opset();
  if (!opset) return "E16005: the model does not name one opset of ai.onnx";
  for (const OnnxNode& node : model.nodes) {
    if (FindOperator(node.domain, node.type, *opset) == nullptr)
      return fmt::format("E13010: No operator plugin is registered for Op: {}, optype: {}::{}::{}", node.name,
                         node.domain.empty() ? "ai.onnx" : node.domain, *opset, node.type);
  }
  return "";
}

graphStatus Build(const ge::GraphImpl& graph, const ge::Options& options, ge::ModelBufferData& result,
                  std::string& error) {
  std::optional<CompiledModel> session;
  {
    const std::lock_guard lock(g_mutex);
    session = g_session;
  }
  if (!session) error = "E19999: aclgrphBuildInitialize was not called";
  if (auto unknown = FindUnknownOption(options, {kInputShape})) error = fmt::format("E10055: option {}", *unknown);
  const auto shapes = InputShapes(Option(options, kInputShape));
  if (!shapes) error = fmt::format("E10002: input_shape \"{}\"", Option(options, kInputShape));
  if (!error.empty()) return ge::kGraphParamInvalid;
  CompiledModel model = *session;
  model.name = graph.name;
  model.command = "aclgrphBuildModel";
  model.onnx = graph.onnx;
  error = Compile(model, *shapes);
  if (!error.empty()) return ge::kGraphFailed;
  const std::string om = WriteOm(model);
  result.data = std::shared_ptr<uint8_t>(new uint8_t[om.size()], std::default_delete<uint8_t[]>());
  std::memcpy(result.data.get(), om.data(), om.size());
  result.length = om.size();
  return ge::kGraphSuccess;
}

}  // namespace
}  // namespace ascend_emulator

namespace ge {

using ascend_emulator::LogResult;

AscendString::AscendString(const char* name) : name_(name == nullptr ? nullptr : std::make_shared<std::string>(name)) {}

const char* AscendString::GetString() const { return name_ == nullptr ? "" : name_->c_str(); }

bool AscendString::operator<(const AscendString& other) const {
  return std::strcmp(GetString(), other.GetString()) < 0;
}

Graph::Graph(const char* name) : impl_(std::make_shared<GraphImpl>()) {
  if (name != nullptr) impl_->name = name;
}

graphStatus aclgrphParseONNXFromMem(const char* buffer, size_t size, const Options& options, Graph& graph) {
  const char* function = "aclgrphParseONNXFromMem";
  if (buffer == nullptr || size == 0) return LogResult(function, kGraphFailed, "E13015: no ONNX model");
  if (!options.empty()) return LogResult(function, kGraphParamInvalid, "E10055: parser options are not emulated");
  std::string onnx(buffer, size);
  if (std::string error = ascend_emulator::CheckOnnx(onnx); !error.empty())
    return LogResult(function, kGraphFailed, error);
  const std::string name = graph.impl() == nullptr ? "" : graph.impl()->name;
  graph = Graph(name.c_str());
  graph.impl()->onnx = std::move(onnx);
  return LogResult(function, kGraphSuccess);
}

graphStatus aclgrphBuildInitialize(Options& options) {
  const char* function = "aclgrphBuildInitialize";
  const std::lock_guard lock(ascend_emulator::g_mutex);
  if (ascend_emulator::g_session) return LogResult(function, kGraphSuccess);  // again: nothing more happens
  ascend_emulator::CompiledModel session;
  std::string error;
  const graphStatus code = ascend_emulator::Initialize(options, session, error);
  if (code == kGraphSuccess) ascend_emulator::g_session = std::move(session);
  return LogResult(function, code, error);
}

graphStatus aclgrphBuildModel(const Graph& graph, const Options& options, ModelBufferData& model) {
  const char* function = "aclgrphBuildModel";
  if (graph.impl() == nullptr || graph.impl()->onnx.empty())
    return LogResult(function, kGraphParamInvalid, "E16004: no graph");
  std::string error;
  const graphStatus code = ascend_emulator::Build(*graph.impl(), options, model, error);
  return LogResult(function, code, error);
}

graphStatus aclgrphSaveModel(const char* output_file, const ModelBufferData& model) {
  const char* function = "aclgrphSaveModel";
  if (output_file == nullptr || model.data == nullptr || model.length == 0)
    return LogResult(function, kGraphParamInvalid, "E10001: no file name or no model");
  const std::string path = std::string(output_file) + ".om";
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(model.data.get()), static_cast<std::streamsize>(model.length));
  file.close();
  return file ? LogResult(function, kGraphSuccess)
              : LogResult(function, kGraphFailed, "E13004: " + path + " cannot be written");
}

void aclgrphBuildFinalize() {
  const std::lock_guard lock(ascend_emulator::g_mutex);
  ascend_emulator::g_session.reset();
  LogResult("aclgrphBuildFinalize", kGraphSuccess);
}

}  // namespace ge
