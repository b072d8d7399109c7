#include "convnext/ascend/acl/acl_error.h"

#include <algorithm>

#include "convnext/ascend/acl/acl_explanations.h"

namespace convnext {
namespace {

constexpr size_t kMaxMessage = 600;

// Values from the AscendCL API reference, "aclError"; tests/acl_headers_test.cc holds them to the official headers.
constexpr AclErrorName kErrors[] = {
    {100000, "ACL_ERROR_INVALID_PARAM", "npu.call.invalid"},
    {100001, "ACL_ERROR_UNINITIALIZE", "npu.call.invalid"},
    {100002, "ACL_ERROR_REPEAT_INITIALIZE", "npu.call.invalid"},
    {100003, "ACL_ERROR_INVALID_FILE", "npu.model.file"},
    {100005, "ACL_ERROR_INVALID_FILE_SIZE", "npu.model.file"},
    {100006, "ACL_ERROR_PARSE_FILE", "npu.model.file"},
    {100011, "ACL_ERROR_INVALID_MODEL_ID", "npu.call.invalid"},
    {100012, "ACL_ERROR_DESERIALIZE_MODEL", "npu.model.file"},
    {100013, "ACL_ERROR_PARSE_MODEL", "npu.model.file"},
    {100014, "ACL_ERROR_READ_MODEL_FAILURE", "npu.model.file"},
    {100015, "ACL_ERROR_MODEL_SIZE_INVALID", "npu.model.file"},
    {100017, "ACL_ERROR_MODEL_INPUT_NOT_MATCH", "npu.model.input"},
    {100018, "ACL_ERROR_MODEL_OUTPUT_NOT_MATCH", "npu.model.input"},
    {100019, "ACL_ERROR_MODEL_NOT_DYNAMIC", "npu.model.input"},
    {100026, "ACL_ERROR_UNSUPPORTED_DATA_TYPE", "npu.model.input"},
    {100027, "ACL_ERROR_FORMAT_NOT_MATCH", "npu.model.input"},
    {100037, "ACL_ERROR_REPEAT_FINALIZE", "npu.call.invalid"},
    {100039, "ACL_ERROR_COMPILING_STUB_MODE", "npu.cann.stub_library"},
    {107000, "ACL_ERROR_RT_PARAM_INVALID", "npu.call.invalid"},
    {107001, "ACL_ERROR_RT_INVALID_DEVICEID", "npu.device.index"},
    {107002, "ACL_ERROR_RT_CONTEXT_NULL", "npu.call.invalid"},
    {107003, "ACL_ERROR_RT_STREAM_CONTEXT", "npu.call.invalid"},
    {107004, "ACL_ERROR_RT_MODEL_CONTEXT", "npu.call.invalid"},
    {107006, "ACL_ERROR_RT_EVENT_TIMESTAMP_INVALID", "npu.call.invalid"},
    {107007, "ACL_ERROR_RT_EVENT_TIMESTAMP_REVERSAL", "npu.call.invalid"},
    {107008, "ACL_ERROR_RT_ADDR_UNALIGNED", "npu.model.input"},
    {107016, "ACL_ERROR_RT_INVALID_MEMORY_TYPE", "npu.call.invalid"},
    {107017, "ACL_ERROR_RT_INVALID_HANDLE", "npu.call.invalid"},
    {107018, "ACL_ERROR_RT_INVALID_MALLOC_TYPE", "npu.call.invalid"},
    {107019, "ACL_ERROR_RT_WAIT_TIMEOUT", "npu.timeout"},
    {107020, "ACL_ERROR_RT_TASK_TIMEOUT", "npu.timeout"},
    {107022, "ACL_ERROR_RT_DEVICE_TASK_ABORT", "npu.device.lost"},
    {107023, "ACL_ERROR_RT_STREAM_ABORT", "npu.device.lost"},
    {145000, "ACL_ERROR_GE_PARAM_INVALID", "npu.model.input"},
    {145001, "ACL_ERROR_GE_EXEC_NOT_INIT", "npu.call.invalid"},
    {145002, "ACL_ERROR_GE_EXEC_MODEL_PATH_INVALID", "npu.model.file"},
    {145003, "ACL_ERROR_GE_EXEC_MODEL_ID_INVALID", "npu.call.invalid"},
    {145006, "ACL_ERROR_GE_EXEC_MODEL_DATA_SIZE_INVALID", "npu.model.file"},
    {145007, "ACL_ERROR_GE_EXEC_MODEL_ADDR_INVALID", "npu.model.input"},
    {145009, "ACL_ERROR_GE_EXEC_LOAD_MODEL_REPEATED", "npu.model.input"},
    {145011, "ACL_ERROR_GE_DYNAMIC_INPUT_ADDR_INVALID", "npu.model.input"},
    {145012, "ACL_ERROR_GE_DYNAMIC_INPUT_LENGTH_INVALID", "npu.model.input"},
    {145013, "ACL_ERROR_GE_DYNAMIC_BATCH_SIZE_INVALID", "npu.model.input"},
    {145020, "ACL_ERROR_GE_FORMAT_INVALID", "npu.model.input"},
    {145021, "ACL_ERROR_GE_SHAPE_INVALID", "npu.model.input"},
    {145022, "ACL_ERROR_GE_DATATYPE_INVALID", "npu.model.input"},
    {148049, "ACL_ERROR_INVALID_OPP_PATH", "npu.cann.opp_missing"},
    {200000, "ACL_ERROR_BAD_ALLOC", "npu.host.memory"},
    {200001, "ACL_ERROR_API_NOT_SUPPORT", "npu.call.invalid"},
    {200002, "ACL_ERROR_INVALID_DEVICE", "npu.device.index"},
    {200003, "ACL_ERROR_MEMORY_ADDRESS_UNALIGNED", "npu.model.input"},
    {200004, "ACL_ERROR_RESOURCE_NOT_MATCH", "npu.call.invalid"},
    {200005, "ACL_ERROR_INVALID_RESOURCE_HANDLE", "npu.call.invalid"},
    {200006, "ACL_ERROR_FEATURE_UNSUPPORTED", "npu.call.invalid"},
    {207000, "ACL_ERROR_RT_FEATURE_NOT_SUPPORT", "npu.call.invalid"},
    {207001, "ACL_ERROR_RT_MEMORY_ALLOCATION", "npu.device.memory"},
    {207002, "ACL_ERROR_RT_MEMORY_FREE", "npu.device.memory"},
    {207003, "ACL_ERROR_RT_AICORE_OVER_FLOW", "npu.execute"},
    {207004, "ACL_ERROR_RT_NO_DEVICE", "npu.device.none"},
    {207005, "ACL_ERROR_RT_RESOURCE_ALLOC_FAIL", "npu.resources"},
    {207006, "ACL_ERROR_RT_NO_PERMISSION", "npu.device.permission"},
    {207007, "ACL_ERROR_RT_NO_EVENT_RESOURCE", "npu.resources"},
    {207008, "ACL_ERROR_RT_NO_STREAM_RESOURCE", "npu.resources"},
    {207012, "ACL_ERROR_RT_OVER_LIMIT", "npu.resources"},
    {207015, "ACL_ERROR_RT_REPEATED_INIT", "npu.resources"},
    {207016, "ACL_ERROR_RT_AIVEC_OVER_FLOW", "npu.execute"},
    {207018, "ACL_ERROR_RT_DEVICE_OOM", "npu.device.memory"},
    {207020, "ACL_ERROR_RT_TIMEOUT", "npu.timeout"},
    {245000, "ACL_ERROR_GE_MEMORY_ALLOCATION", "npu.device.memory"},
    {245001, "ACL_ERROR_GE_MEMORY_OPERATE_FAILED", "npu.device.memory"},
    {245002, "ACL_ERROR_GE_DEVICE_MEMORY_OPERATE_FAILED", "npu.device.memory"},
    {300000, "ACL_ERROR_STORAGE_OVER_LIMIT", "npu.resources"},
    {345102, "ACL_ERROR_GE_SUBHEALTHY", "npu.device.unhealthy"},
    {345104, "ACL_ERROR_GE_DATA_NOT_ALIGNED", "npu.model.input"},
    {500000, "ACL_ERROR_INTERNAL_ERROR", "npu.internal"},
    {500001, "ACL_ERROR_FAILURE", "npu.internal"},
    {500002, "ACL_ERROR_GE_FAILURE", "npu.model.load"},
    {500003, "ACL_ERROR_RT_FAILURE", "npu.call.invalid"},
    {500004, "ACL_ERROR_DRV_FAILURE", "npu.driver.refused"},
    {507000, "ACL_ERROR_RT_INTERNAL_ERROR", "npu.call.invalid"},
    {507001, "ACL_ERROR_RT_TS_ERROR", "npu.device.unhealthy"},
    {507004, "ACL_ERROR_RT_STREAM_NOT_COMPLETE", "npu.execute"},
    {507006, "ACL_ERROR_RT_EVENT_NOT_COMPLETE", "npu.execute"},
    {507007, "ACL_ERROR_RT_CONTEXT_RELEASE_ERROR", "npu.device.setup"},
    {507008, "ACL_ERROR_RT_SOC_VERSION", "npu.soc.unsupported"},
    {507009, "ACL_ERROR_RT_TASK_TYPE_NOT_SUPPORT", "npu.task.unsupported"},
    {507010, "ACL_ERROR_RT_LOST_HEARTBEAT", "npu.device.unhealthy"},
    {507011, "ACL_ERROR_RT_MODEL_EXECUTE", "npu.execute"},
    {507012, "ACL_ERROR_RT_REPORT_TIMEOUT", "npu.timeout"},
    {507013, "ACL_ERROR_RT_SYS_DMA", "npu.copy"},
    {507014, "ACL_ERROR_RT_AICORE_TIMEOUT", "npu.timeout"},
    {507015, "ACL_ERROR_RT_AICORE_EXCEPTION", "npu.execute"},
    {507016, "ACL_ERROR_RT_AICORE_TRAP_EXCEPTION", "npu.execute"},
    {507017, "ACL_ERROR_RT_AICPU_TIMEOUT", "npu.timeout"},
    {507018, "ACL_ERROR_RT_AICPU_EXCEPTION", "npu.device.wedged"},
    {507033, "ACL_ERROR_RT_DEV_SETUP_ERROR", "npu.device.setup"},
    {507034, "ACL_ERROR_RT_VECTOR_CORE_TIMEOUT", "npu.timeout"},
    {507035, "ACL_ERROR_RT_VECTOR_CORE_EXCEPTION", "npu.execute"},
    {507036, "ACL_ERROR_RT_VECTOR_CORE_TRAP_EXCEPTION", "npu.execute"},
    {507046, "ACL_ERROR_RT_STREAM_SYNC_TIMEOUT", "npu.timeout"},
    {507047, "ACL_ERROR_RT_EVENT_SYNC_TIMEOUT", "npu.timeout"},
    {507048, "ACL_ERROR_RT_FFTS_PLUS_TIMEOUT", "npu.timeout"},
    {507049, "ACL_ERROR_RT_FFTS_PLUS_EXCEPTION", "npu.execute"},
    {507051, "ACL_ERROR_RT_SEND_MSG", "npu.device.lost"},
    {507052, "ACL_ERROR_RT_COPY_DATA", "npu.execute"},
    {507053, "ACL_ERROR_RT_DEVICE_MEM_ERROR", "npu.device.unhealthy"},
    {507054, "ACL_ERROR_RT_HBM_MULTI_BIT_ECC_ERROR", "npu.device.unhealthy"},
    {507055, "ACL_ERROR_RT_SUSPECT_DEVICE_MEM_ERROR", "npu.device.unhealthy"},
    {507056, "ACL_ERROR_RT_LINK_ERROR", "npu.device.unhealthy"},
    {507899, "ACL_ERROR_RT_DRV_INTERNAL_ERROR", "npu.driver.refused"},
    {507900, "ACL_ERROR_RT_AICPU_INTERNAL_ERROR", "npu.execute"},
    {507901, "ACL_ERROR_RT_SOCKET_CLOSE", "npu.device.lost"},
    {545000, "ACL_ERROR_GE_INTERNAL_ERROR", "npu.model.load"},
    {545001, "ACL_ERROR_GE_LOAD_MODEL", "npu.model.file"},
    {545002, "ACL_ERROR_GE_EXEC_LOAD_MODEL_PARTITION_FAILED", "npu.model.file"},
    {545003, "ACL_ERROR_GE_EXEC_LOAD_WEIGHT_PARTITION_FAILED", "npu.model.file"},
    {545004, "ACL_ERROR_GE_EXEC_LOAD_TASK_PARTITION_FAILED", "npu.model.file"},
    {545005, "ACL_ERROR_GE_EXEC_LOAD_KERNEL_PARTITION_FAILED", "npu.model.file"},
    {545008, "ACL_ERROR_GE_GET_TENSOR_INFO", "npu.model.file"},
    {545009, "ACL_ERROR_GE_UNLOAD_MODEL", "npu.model.load"},
    {545601, "ACL_ERROR_GE_MODEL_EXECUTE_TIMEOUT", "npu.timeout"},
};

const AclErrorName* Find(int code) {
  const auto* found = std::find_if(std::begin(kErrors), std::end(kErrors),
                                   [code](const AclErrorName& error) { return error.code == code; });
  return found == std::end(kErrors) ? nullptr : found;
}

const AclExplanation& Explain(std::string_view reason) {
  for (const AclExplanation& explanation : kAclExplanations) {
    if (reason == explanation.reason) return explanation;
  }
  return *std::prev(std::end(kAclExplanations));
}

// Codes that have several causes, which the call or AscendCL's own text tells apart.
// See docs/ascend-facts.md, "AscendCL: error codes".
struct Special {
  int code;
  std::string_view call;  // what the name of the call begins with
  std::string_view text;  // a part of the message
  const char* reason;
};
constexpr Special kSpecials[] = {
    {500002, "", "soc version", "npu.model.soc"},
    {500002, "", "soc_version", "npu.model.soc"},
    {500002, "", "ModelCheckCompatibility", "npu.model.soc"},
    {507008, "aclmdlLoad", "", "npu.model.soc"},
    {507033, "", "E30006", "npu.cann.opp_damaged"},
    {507033, "", "OPP", "npu.cann.opp_damaged"},
};

std::string_view ReasonOf(std::string_view call, int code, std::string_view message) {
  for (const Special& special : kSpecials) {
    if (special.code == code && call.starts_with(special.call) && message.find(special.text) != std::string_view::npos)
      return special.reason;
  }
  const AclErrorName* error = Find(code);
  return error == nullptr ? "npu.call.failed" : error->reason;
}

// AscendCL's own message behind what happened, in one line: ": message". Empty without one.
std::string MessageTail(std::string_view message) {
  if (message.empty()) return {};
  std::string line(message);
  std::replace(line.begin(), line.end(), '\n', ' ');
  return ": " + Printable(line, kMaxMessage);
}

BlockingReason Explained(const AclExplanation& explanation, const Bilingual& symptom) {
  return MakeReason(explanation.reason, symptom, Say(explanation.cause), Say(explanation.advice));
}

}  // namespace

std::span<const AclErrorName> AclErrorNames() { return kErrors; }

std::string AclErrorText(int code) {
  const AclErrorName* error = Find(code);
  return fmt::format("{} ({})", code, error == nullptr ? "unknown" : error->name);
}

BlockingReason ExplainAclError(std::string_view call, int code, std::string_view message) {
  return Explained(Explain(ReasonOf(call, code, message)),
                   Say({"{} gave {}{}", "{} 返回 {}{}"}, call, AclErrorText(code), MessageTail(message)));
}

BlockingReason ExplainNoHandle(std::string_view call, std::string_view message) {
  return Explained(Explain("npu.internal"),
                   Say({"{} gave nothing{}", "{} 没有返回句柄{}"}, call, MessageTail(message)));
}

}  // namespace convnext
