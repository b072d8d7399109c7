#include "ascend/acl_error.h"

#include <algorithm>

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
    {507010, "ACL_ERROR_RT_LOST_HEARTBEAT", "npu.device.unhealthy"},
    {507011, "ACL_ERROR_RT_MODEL_EXECUTE", "npu.execute"},
    {507012, "ACL_ERROR_RT_REPORT_TIMEOUT", "npu.timeout"},
    {507013, "ACL_ERROR_RT_SYS_DMA", "npu.execute"},
    {507014, "ACL_ERROR_RT_AICORE_TIMEOUT", "npu.timeout"},
    {507015, "ACL_ERROR_RT_AICORE_EXCEPTION", "npu.execute"},
    {507016, "ACL_ERROR_RT_AICORE_TRAP_EXCEPTION", "npu.execute"},
    {507017, "ACL_ERROR_RT_AICPU_TIMEOUT", "npu.timeout"},
    {507018, "ACL_ERROR_RT_AICPU_EXCEPTION", "npu.execute"},
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

struct Explanation {
  const char* reason;
  Phrase cause, advice;
};

constexpr Explanation kExplanations[] = {
    {"npu.call.invalid",
     {"AscendCL did not accept the call", "AscendCL 不接受该调用"},
     {"if another library in this process uses the NPU, keep them apart; otherwise report it with this text",
      "如果同一进程中还有其他库在使用 NPU，请将两者分开；否则请附上本段文字反馈"}},
    {"npu.model.input",
     {"the compiled model does not take what it was given", "输入与离线模型的要求不符"},
     {"if --om_path was given, compile it again for this model; otherwise report it with this text",
      "如果使用了 --om_path，请针对本模型重新转换；否则请附上本段文字反馈"}},
    {"npu.model.file",
     {"the compiled model is damaged, or was made by another version of CANN",
      "离线模型已损坏，或由其他版本的 CANN 生成"},
     {"delete the cache (convnext compile --help says where it is) and run again",
      "删除缓存（位置见 convnext compile --help）后重新运行"}},
    {"npu.model.soc",
     {"the compiled model is for another chip", "离线模型是为其他芯片转换的"},
     {"compile for this chip: leave --om_path out, or give convnext compile its --soc_version",
      "针对本芯片重新转换：去掉 --om_path，或在 convnext compile 中指定本芯片的 --soc_version"}},
    {"npu.model.load",
     {"the model could not be loaded or run", "模型无法加载或运行"},
     {"read AscendCL's own text above; delete the cache and run again if CANN was updated",
      "查看现象中 AscendCL 自身的错误描述；如果升级过 CANN，请删除缓存后重新运行"}},
    {"npu.device.index",
     {"there is no such device; they are counted from 0, among those that are visible",
      "没有该设备；设备在可见范围内从 0 开始编号"},
     {"look at npu-smi info and at ASCEND_RT_VISIBLE_DEVICES, and choose --device npu:K accordingly",
      "查看 npu-smi info 和环境变量 ASCEND_RT_VISIBLE_DEVICES，并据此选择 --device npu:K"}},
    {"npu.device.none",
     {"the driver shows no device to this process", "驱动没有向本进程提供任何设备"},
     {"look at npu-smi info; in a container pass /dev/davinci* and the driver into it",
      "查看 npu-smi info；在容器中需映射 /dev/davinci* 并挂载驱动"}},
    {"npu.device.permission",
     {"this user may not open the device", "当前用户无权打开设备"},
     {"join the group of /dev/davinci0: sudo usermod -aG HwHiAiUser $USER, and log in again",
      "将用户加入 /dev/davinci0 的属组：sudo usermod -aG HwHiAiUser $USER，然后重新登录"}},
    {"npu.device.lost",
     {"the connection to the device was lost", "与设备的连接已断开"},
     {"look at npu-smi info and dmesg; reset the device, then run again",
      "查看 npu-smi info 和 dmesg；复位设备后重新运行"}},
    {"npu.device.unhealthy",
     {"the device reports a fault of its own", "设备自身报告故障"},
     {"look at npu-smi info -t health and dmesg; reset or replace the device",
      "查看 npu-smi info -t health 和 dmesg；复位或更换设备"}},
    {"npu.device.setup",
     {"the device did not start: it is not booted, or driver and CANN do not fit together",
      "设备未能启动：尚未完成引导，或驱动与 CANN 版本不配套"},
     {"compare driver/version.info with what CANN requires (runtime/version.info), wait or reset, look at dmesg",
      "对照 driver/version.info 与 CANN 的要求（runtime/version.info）；稍候或复位设备，并查看 dmesg"}},
    {"npu.soc.unsupported",
     {"this CANN does not know the chip, or has no right to ask it", "该 CANN 不认识该芯片，或无权查询芯片型号"},
     {"install the CANN for this chip; in a container pass all device nodes",
      "安装支持该芯片的 CANN；在容器中需映射全部设备节点"}},
    {"npu.driver.refused",
     {"the driver refused: the device is in use by another container, or not permitted",
      "驱动拒绝访问：设备被其他容器占用，或没有权限"},
     {"stop the other container or choose another chip; look at npu-smi info and at the groups of this user",
      "停掉该容器或换用其他芯片；查看 npu-smi info 和当前用户所在的组"}},
    {"npu.device.memory",
     {"the device's memory does not suffice", "Device 内存不足"},
     {"use a smaller --batch_size, or stop the other processes that npu-smi info lists",
      "减小 --batch_size，或结束 npu-smi info 列出的其他进程"}},
    {"npu.host.memory",
     {"the host's memory does not suffice", "Host 内存不足"},
     {"look at ulimit -v and the memory limit of the container", "查看 ulimit -v 和容器的内存上限"}},
    {"npu.resources",
     {"the device has no free stream, event or other resource", "设备的 Stream、Event 或其他资源已用完"},
     {"stop other processes on this device (npu-smi info), then run again",
      "结束该设备上的其他进程（见 npu-smi info）后重新运行"}},
    {"npu.timeout",
     {"the device did not answer in time", "设备没有在时限内响应"},
     {"look at npu-smi info and dmesg; another process may keep the device busy",
      "查看 npu-smi info 和 dmesg；设备可能被其他进程占满"}},
    {"npu.execute",
     {"a kernel failed on the device", "设备上的 kernel 执行失败"},
     {"look at the plog files in $HOME/ascend/log; update CANN; try convnext compile again",
      "查看 $HOME/ascend/log 中的 plog 文件；升级 CANN；重新执行 convnext compile"}},
    {"npu.cann.stub_library",
     {"a library for linking was loaded in place of the real one", "加载了只供链接的库，而不是真正的库"},
     {"take directories with stub or devlib in their names out of LD_LIBRARY_PATH",
      "从 LD_LIBRARY_PATH 中去掉名称含 stub 或 devlib 的目录"}},
    {"npu.cann.opp_missing",
     {"the operator package was not found", "没有找到算子包"},
     {"install the ops package of this CANN and source its set_env.sh",
      "安装该 CANN 的 ops 算子包，并 source 其 set_env.sh"}},
    {"npu.internal",
     {"an error inside CANN", "CANN 内部错误"},
     {"look at the plog files in $HOME/ascend/log", "查看 $HOME/ascend/log 中的 plog 文件"}},
    {"npu.call.failed",
     {"an error that this version does not know", "本版本不认识的错误"},
     {"look it up under aclError in the AscendCL API reference", "在 AscendCL API 参考的 aclError 一节中查询该错误码"}},
};

const AclErrorName* Find(int code) {
  const auto* found = std::find_if(std::begin(kErrors), std::end(kErrors),
                                   [code](const AclErrorName& error) { return error.code == code; });
  return found == std::end(kErrors) ? nullptr : found;
}

const Explanation& Explain(std::string_view reason) {
  for (const Explanation& explanation : kExplanations) {
    if (reason == explanation.reason) return explanation;
  }
  return *std::prev(std::end(kExplanations));
}

// A model for another chip has no code of its own, only the text tells: docs/ascend-facts.md, "AscendCL: error codes".
bool IsAnotherChip(int code, std::string_view message) {
  return code == 500002 && (message.find("soc version") != std::string_view::npos ||
                            message.find("soc_version") != std::string_view::npos);
}

// AscendCL's own message behind what happened, in one line: ": message". Empty without one.
std::string MessageTail(std::string_view message) {
  if (message.empty()) return {};
  std::string line(message);
  std::replace(line.begin(), line.end(), '\n', ' ');
  return ": " + Printable(line, kMaxMessage);
}

BlockingReason Explained(const Explanation& explanation, const Bilingual& symptom) {
  return MakeReason(explanation.reason, symptom, Say(explanation.cause), Say(explanation.advice));
}

}  // namespace

std::span<const AclErrorName> AclErrorNames() { return kErrors; }

std::string AclErrorText(int code) {
  const AclErrorName* error = Find(code);
  return fmt::format("{} ({})", code, error == nullptr ? "unknown" : error->name);
}

BlockingReason ExplainAclError(std::string_view call, int code, std::string_view message) {
  const AclErrorName* error = Find(code);
  const char* reason = error == nullptr ? "npu.call.failed" : error->reason;
  return Explained(Explain(IsAnotherChip(code, message) ? "npu.model.soc" : reason),
                   Say({"{} gave {}{}", "{} 返回 {}{}"}, call, AclErrorText(code), MessageTail(message)));
}

BlockingReason ExplainNoHandle(std::string_view call, std::string_view message) {
  return Explained(Explain("npu.internal"),
                   Say({"{} gave nothing{}", "{} 没有返回句柄{}"}, call, MessageTail(message)));
}

}  // namespace convnext
