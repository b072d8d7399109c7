#include "convnext/ascend/compile/precision_audit.h"

#include <nlohmann/json.hpp>

#include "convnext/json/json.h"

namespace convnext {
namespace {

using Json = nlohmann::ordered_json;

// A graph of some thousand operators with a few kilobytes each; the weights are not in it.
constexpr JsonLimits kLimits{.bytes = size_t{256} << 20, .depth = 64};
constexpr size_t kMostNames = 8;
constexpr double kTimeoutSeconds = 900;

bool IsFloat16(const Json& dtype) { return dtype == "DT_FLOAT16" || dtype == "DT_BF16"; }

// Whether one of `descriptors`, [{"dtype": "DT_FLOAT", "shape": ...}, ...], is of 16 bits; counts those that have a
// type.
bool HasFloat16(const Json& op, const char* descriptors, int64_t& typed) {
  const auto found = op.find(descriptors);
  if (found == op.end() || !found->is_array()) return false;
  bool half = false;
  for (const Json& tensor : *found) {
    const auto dtype = tensor.is_object() ? tensor.find("dtype") : tensor.end();
    if (!tensor.is_object() || dtype == tensor.end() || !dtype->is_string()) continue;
    ++typed;
    half = half || IsFloat16(*dtype);
  }
  return half;
}

std::string Text(const Json& op, const char* name) {
  const auto found = op.find(name);
  return found != op.end() && found->is_string() ? Printable(found->get_ref<const std::string&>()) : "?";
}

bool IsOperator(const Json& value) {
  if (!value.is_object()) return false;
  const auto type = value.find("type");
  return type != value.end() && type->is_string() && (value.contains("input_desc") || value.contains("output_desc"));
}

// Visit keeps this beside the counts. Constants come last in the list of names: the operators that read them tell more.
struct AuditState {
  int64_t typed = 0;  // descriptors with a type
  std::vector<std::string> operators, constants;
};

void RecordFloat16(const Json& op, AuditState& seen) {
  std::vector<std::string>& names = op["type"] == "Const" ? seen.constants : seen.operators;
  if (names.size() < kMostNames) names.push_back(fmt::format("{} ({})", Text(op, "name"), Text(op, "type")));
}

void Visit(const Json& value, PrecisionAudit& audit, AuditState& seen) {
  if (IsOperator(value)) {
    ++audit.operators;
    const bool input = HasFloat16(value, "input_desc", seen.typed),
               output = HasFloat16(value, "output_desc", seen.typed);
    audit.float16_count += input || output ? 1 : 0;
    if (input || output) RecordFloat16(value, seen);
  }
  if (!value.is_structured()) return;
  for (const Json& part : value) Visit(part, audit, seen);  // kLimits.depth bounds it
}

}  // namespace

Result<PrecisionAudit> ParseGraphJson(std::string_view json) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto value, ParseJson(json, kLimits));
  PrecisionAudit audit;
  AuditState seen;
  Visit(value, audit, seen);
  if (seen.typed == 0) return Invalid("no operator whose input_desc or output_desc has a dtype in it");
  audit.float16_operators = std::move(seen.operators);
  for (std::string& name : seen.constants) {
    if (audit.float16_operators.size() < kMostNames) audit.float16_operators.push_back(std::move(name));
  }
  return audit;
}

Result<PrecisionAudit> AuditPrecision(const Atc& atc, const std::string& om, const std::string& directory) {
  const std::string path = directory + "/graph.json";
  CONVNEXT_ASSIGN_OR_RETURN(const auto run,
                            RunAtc(atc, {"--mode=1", "--om=" + om, "--json=" + path}, directory, kTimeoutSeconds));
  if (run.timed_out) return Unavailable("atc --mode=1 had not ended after {} s", kTimeoutSeconds);
  if (run.exit_code != 0) return Unavailable("atc --mode=1 ended with code {}", run.exit_code);
  CONVNEXT_ASSIGN_OR_RETURN(const auto file, ReadFile(path, kLimits.bytes));
  auto audit = ParseGraphJson({reinterpret_cast<const char*>(file.data()), file.size()});
  return audit.ok() ? audit : audit.status().Prefixed("the JSON of atc --mode=1");
}

}  // namespace convnext
