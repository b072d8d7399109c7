// libacl_op_compiler.so: the functions of AscendCL that ONNX Runtime's CANN provider imports from it, and
// aclSetCompileopt, with which its user can change the precision. See docs/ascend-facts.md, "Clients: ONNX Runtime".
#include <fmt/format.h>

#include <mutex>

#include "atc_precision.h"
#include "call.h"
#include "codes.h"
#include "single_operator.h"

namespace ascend_emulator {
namespace {

// aclSetCompileopt sets these, as flags of atc. Products are of float16 unless it is (documentation: aclCompileOpt, "if
// not set, allow_fp32_to_fp16 is used").
std::mutex g_mutex;  // guards g_options
Flags g_options = {{"precision_mode", "allow_fp32_to_fp16"}};

std::optional<std::string> FlagOf(aclCompileOpt option) {
  if (option == ACL_PRECISION_MODE) return "precision_mode";
  if (option == ACL_PRECISION_MODE_V2) return "precision_mode_v2";
  if (option == ACL_OP_PRECISION_MODE) return "op_precision_mode";
  return std::nullopt;
}

aclError SetOption(aclCompileOpt option, const char* value) {
  const auto flag = FlagOf(option);
  if (!flag)
    return Fail(kNotSupported, fmt::format("EMULATOR: compile option {} is not emulated", ArgumentText(option)));
  if (value == nullptr) return Fail(kInvalidParameter, "EH0002: the value of a compile option is a null pointer");
  const std::lock_guard lock(g_mutex);
  Flags options = g_options;
  if (flag->starts_with("precision_mode")) {  // one takes the place of the other
    options.erase("precision_mode");
    options.erase("precision_mode_v2");
  }
  options[*flag] = value;
  CompiledModel flags;
  flags.soc_version = SocName();
  if (std::string error = ReadPrecision(options, flags); !error.empty())
    return Fail(kInvalidParameter, std::move(error));
  g_options = std::move(options);
  return 0;
}

aclError ReadOptions(CompiledModel& flags) {
  flags.soc_version = SocName();
  const std::lock_guard lock(g_mutex);
  std::string error = ReadPrecision(g_options, flags);
  return error.empty() ? 0 : Fail(kInvalidParameter, std::move(error));
}

constexpr int kMostTensors = 64;

aclError BadOperator(const char* type, std::string_view what) {
  return Fail(kInvalidParameter, fmt::format("EH0002: {} of operator {}", what, type));
}

// One input or output of a call. A buffer may be larger than its tensor, never smaller.
aclError AddTensor(const char* type, const aclTensorDesc* description, const aclDataBuffer* buffer,
                   std::vector<TensorDescription>& tensors, std::vector<MemoryRange>& ranges) {
  const auto tensor = FindTensorDescription(description);
  if (!tensor) return BadOperator(type, "a tensor description");
  const auto memory = FindDataBuffer(buffer);
  if (!memory) return BadOperator(type, "a data buffer");
  if (tensor->data_type == ACL_DT_UNDEFINED) return 0;  // an optional one that is left out
  const size_t size = TensorSize(tensor->data_type, tensor->dims);
  if (memory->memory == nullptr || size == 0 || memory->size < size) return BadOperator(type, "the size of a buffer");
  tensors.push_back(*tensor);
  ranges.push_back({memory->memory, size});
  return 0;
}

struct OperatorCall {
  const char* type;
  int input_count;
  const aclTensorDesc* const* input_descriptions;
  const aclDataBuffer* const* inputs;
  int output_count;
  const aclTensorDesc* const* output_descriptions;
  aclDataBuffer* const* outputs;
  const aclopAttr* attributes;
};

aclError CheckArguments(const OperatorCall& call) {
  if (call.type == nullptr) return Fail(kInvalidParameter, "EH0002: an operator without a type");
  const bool counts = call.input_count >= 0 && call.input_count <= kMostTensors && call.output_count == 1;
  if (!counts) return BadOperator(call.type, "the number of inputs or outputs");
  const bool inputs = call.input_count == 0 || (call.input_descriptions != nullptr && call.inputs != nullptr);
  if (!inputs || call.output_descriptions == nullptr || call.outputs == nullptr)
    return BadOperator(call.type, "a list of tensors");
  return 0;
}

// Reads the operator to compute into `op`, and its memory into `task`.
aclError ReadCall(const OperatorCall& call, SingleOperator& op, Task& task) {
  op.type = task.name = call.type;
  if (const aclError code = ReadOptions(op.flags); code != 0) return code;
  if (call.attributes != nullptr) op.attributes = call.attributes->values;
  for (int i = 0; i < call.input_count; ++i) {
    const aclError code = AddTensor(call.type, call.input_descriptions[i], call.inputs[i], op.inputs, task.reads);
    if (code != 0) return code;
  }
  std::vector<TensorDescription> outputs;
  const aclError code = AddTensor(call.type, call.output_descriptions[0], call.outputs[0], outputs, task.writes);
  if (code != 0) return code;
  if (outputs.empty()) return BadOperator(call.type, "the output");
  op.output = outputs.front();
  return 0;
}

TaskError Run(const SingleOperator& op, const Task::Reads& reads, const Task::Writes& writes) {
  std::vector<std::string_view> inputs;
  inputs.reserve(reads.size());
  for (const auto bytes : reads) inputs.emplace_back(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  std::string output;
  if (std::string error = RunOperator(op, inputs, output); !error.empty()) return {kModelExecuteFailed, error};
  if (output.size() != writes[0].size()) return {kModelExecuteFailed, op.type + " gives another size"};
  std::copy(output.begin(), output.end(), reinterpret_cast<char*>(writes[0].data()));
  return {};
}

aclError CompileAndExecute(const OperatorCall& call, aclrtStream stream) {
  if (const aclError code = CheckArguments(call); code != 0) return code;
  if (const aclError code = RequireContext(); code != 0) return code;
  SingleOperator op;
  Task task;
  if (const aclError code = ReadCall(call, op, task); code != 0) return code;
  if (std::string error = CheckOperator(op); !error.empty()) return Fail(kGraphEngineFailure, std::move(error));
  task.run = [op](const Task::Reads& reads, const Task::Writes& writes) { return Run(op, reads, writes); };
  return Enqueue(stream, std::move(task));
}

}  // namespace
}  // namespace ascend_emulator

using namespace ascend_emulator;

#pragma GCC visibility push(default)
extern "C" {

aclError aclSetCompileopt(aclCompileOpt option, const char* value) {
  return Call(
      "aclSetCompileopt", [&] { return SetOption(option, value); }, option, value);
}

aclError aclopCompileAndExecute(const char* type, int input_count, const aclTensorDesc* const input_descriptions[],
                                const aclDataBuffer* const inputs[], int output_count,
                                const aclTensorDesc* const output_descriptions[], aclDataBuffer* const outputs[],
                                const aclopAttr* attributes, aclopEngineType, aclopCompileType, const char*,
                                aclrtStream stream) {
  const OperatorCall call{type,    input_count, input_descriptions, inputs, output_count, output_descriptions,
                          outputs, attributes};
  return Call(
      "aclopCompileAndExecute", [&] { return CompileAndExecute(call, stream); }, type, input_count, output_count,
      stream);
}

}  // extern "C"
#pragma GCC visibility pop
