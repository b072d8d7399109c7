// What atc's failures mean and what to do, in English and in Chinese: docs/ascend-facts.md, "Compiling: error codes".
#pragma once

#include "convnext/base/base.h"

namespace convnext {

struct AtcExplanation {
  const char* reason;  // "npu.atc." + this
  Phrase cause, advice;
};

inline constexpr AtcExplanation kPython = {
    "python",
    {"atc needs Python 3.7.5 or newer with the packages that CANN names, and did not get it",
     "atc 需要 Python 3.7.5 或更高版本以及 CANN 指定的软件包，但没有得到"},
    {"python3 -m pip install attrs cffi decorator numpy psutil pyyaml scipy sympy for the python3 that is first on the "
     "PATH",
     "为 PATH 中排在最前的 python3 执行 python3 -m pip install attrs cffi decorator numpy psutil pyyaml scipy sympy"}};
inline constexpr AtcExplanation kOperator = {
    "operator",
    {"the ONNX parser of this CANN does not know an operator of the model, neither at opset 17 nor in smaller "
     "operators "
     "at opset 13, or does not find its operator package",
     "该 CANN 的 ONNX 解析器不认识模型中的某个算子（opset 17，以及拆成更小算子的 opset "
     "13，都是如此），或没有找到算子包"},
    {"unset an ASCEND_OPP_PATH that points elsewhere; install the toolkit's opp, or a newer CANN",
     "如果 ASCEND_OPP_PATH 指向别处，请将其 unset；安装 toolkit 的 opp，或升级 CANN"}};
inline constexpr AtcExplanation kOpp = {
    "opp",
    {"atc does not find the operator package (opp) of this CANN", "atc 没有找到该 CANN 的算子包（opp）"},
    {"install the toolkit's opp, from CANN 8.5 on the package Ascend-cann-CHIP-ops, and unset an ASCEND_OPP_PATH that "
     "points elsewhere",
     "安装 toolkit 的 opp（CANN 8.5 起为 Ascend-cann-CHIP-ops）；如果 ASCEND_OPP_PATH 指向别处，请将其 unset"}};
inline constexpr AtcExplanation kSoc = {
    "soc",
    {"this CANN does not compile for the chip that --soc_version names",
     "该 CANN 不能为 --soc_version 指定的芯片转换模型"},
    {"give the name that aclrtGetSocName() has (npu-smi info: \"910B4\" is Ascend910B4), or install the CANN and "
     "operator package of that chip",
     "使用 aclrtGetSocName() 返回的名称（npu-smi info 中的 910B4 即 Ascend910B4），或安装支持该芯片的 CANN 和算子包"}};
inline constexpr AtcExplanation kFlags = {"flags",
                                          {"this CANN does not take a flag that convnext gives, or not on this chip",
                                           "该 CANN 不支持 convnext 使用的某个参数，或在该芯片上不支持"},
                                          {"install CANN 8.0 or newer; if it is newer, report this with the log",
                                           "安装 CANN 8.0 或更高版本；如果版本已经满足，请附上日志反馈"}};
inline constexpr AtcExplanation kModel = {
    "model",
    {"atc cannot read the ONNX file that convnext made for it", "atc 无法读取 convnext 为其生成的 ONNX 文件"},
    {"check the space on the disk of the cache, then report this with the log",
     "检查缓存所在磁盘的空间，然后附上日志反馈"}};
inline constexpr AtcExplanation kFiles = {
    "files",
    {"atc could not open, read or write a file", "atc 无法打开、读取或写入某个文件"},
    {"check permissions and free space of the cache, of TMPDIR and of ~/ascend",
     "检查缓存目录、TMPDIR 和 ~/ascend 的权限与剩余空间"}};
inline constexpr AtcExplanation kDisk = {"disk",
                                         {"the disk is full", "磁盘已满"},
                                         {"free some gigabytes, or put the cache elsewhere: XDG_CACHE_HOME",
                                          "腾出几 GB 空间，或用 XDG_CACHE_HOME 把缓存放到别处"}};
inline constexpr AtcExplanation kKernel = {
    "kernel",
    {"an operator of the model could not be compiled for this chip", "模型中的某个算子无法为该芯片编译"},
    {"from CANN 8.5 on install Ascend-cann-CHIP-ops; see ~/ascend/log/debug/plog for the operator; another precision "
     "(--dtype float32-reduced, float16) may compile",
     "CANN 8.5 起请安装 Ascend-cann-CHIP-ops；在 ~/ascend/log/debug/plog 中查看是哪个算子；换用其他精度"
     "（--dtype float32-reduced、float16）或许可以编译"}};
inline constexpr AtcExplanation kMemory = {
    "memory",
    {"the memory of this machine (or container) was not enough for the compiler", "本机（或容器）的内存不够编译器使用"},
    {"free memory, raise the container's limit, or set TE_PARALLEL_COMPILER=1",
     "释放内存、提高容器的内存上限，或设置 TE_PARALLEL_COMPILER=1"}};
inline constexpr AtcExplanation kLibraries = {
    "libraries",
    {"a library that atc needs cannot be loaded", "atc 所需的某个库无法加载"},
    {"libascend_hal.so comes with the driver, or as a stand-in with the toolkit's devlib directory; the others: "
     "install "
     "the toolkit again",
     "libascend_hal.so 由驱动提供，toolkit 的 devlib 目录中也有供链接用的替代库；缺少其他库时请重新安装 toolkit"}};
inline constexpr AtcExplanation kVariables = {
    "variables",
    {"an environment variable has a value that CANN does not take", "某个环境变量的取值不被 CANN 接受"},
    {"unset it, or source CANN's set_env.sh in a fresh shell",
     "将其 unset，或在新的 shell 中 source CANN 的 set_env.sh"}};
inline constexpr AtcExplanation kTooLarge = {
    "too_large",
    {"the compiled model is larger than this CANN can write", "离线模型超过了该 CANN 能写出的大小"},
    {"use smaller batches or pictures, or a newer CANN", "减小 batch 或图片尺寸，或升级 CANN"}};
inline constexpr AtcExplanation kFailed = {
    "failed",
    {"the compiler failed", "模型转换失败"},
    {"see ~/ascend/log/debug/plog for the cause; compile a smaller batch to narrow it",
     "在 ~/ascend/log/debug/plog 中查看原因；可减小 batch 再转换以缩小范围"}};
inline constexpr AtcExplanation kTimeout = {
    "timeout",
    {"the compiler took longer than it was given", "模型转换超过了给定的时限"},
    {"give it more (convnext compile --timeout), or more processor cores; the first compilation takes minutes",
     "调大时限（convnext compile --timeout），或增加处理器核数；首次转换需要数分钟"}};
inline constexpr AtcExplanation kCrashed = {
    "crashed",
    {"the compiler was ended by a signal", "编译器被信号终止"},
    {"try once more; if it stays, install the toolkit and operator package of one version",
     "再试一次；如果仍然如此，请安装同一版本的 toolkit 和算子包"}};
inline constexpr AtcExplanation kNoOutput = {
    "no_output",
    {"atc said that it succeeded, but left no usable model", "atc 返回成功，但没有生成可用的模型"},
    {"check the free space of the cache and TMPDIR; report this with the log",
     "检查缓存目录和 TMPDIR 的剩余空间，并附上日志反馈"}};
inline constexpr AtcExplanation kMissing = {
    "missing",
    {"the compiler of CANN cannot be run", "无法运行 CANN 的编译器"},
    {"install Ascend-cann-toolkit (nnrt, the run-time package, has no atc), or compile on another machine with "
     "'convnext "
     "compile' and give the file with --om_path",
     "安装 Ascend-cann-toolkit（运行时包 nnrt 中没有 atc），或在别处用 'convnext compile' 转换，再用 --om_path "
     "指定离线模型"}};

struct CodeRow {
  const char* code;
  const AtcExplanation* explanation;
};
inline constexpr CodeRow kCodes[] = {
    {"E10001", &kFlags},    {"E10002", &kFlags},     {"E10005", &kFlags},    {"E10006", &kFlags},
    {"E10007", &kFlags},    {"E10016", &kModel},     {"E10032", &kModel},    {"E10041", &kModel},
    {"E10054", &kFlags},    {"E10055", &kFlags},     {"E10056", &kFlags},    {"E10501", &kOpp},
    {"E13000", &kFiles},    {"E13001", &kFiles},     {"E13003", &kFiles},    {"E13004", &kFiles},
    {"E13005", &kModel},    {"E13010", &kOperator},  {"E13015", &kModel},    {"E13018", &kModel},
    {"E13023", &kTooLarge}, {"E13024", &kVariables}, {"E16001", &kModel},    {"E16002", &kOperator},
    {"E16004", &kModel},    {"E16005", &kModel},     {"E19010", &kOperator}, {"E20001", &kKernel},
    {"E20002", &kOpp},      {"E20007", &kKernel},    {"E22001", &kKernel},   {"E40001", &kVariables},
    {"E40002", &kPython},   {"E40020", &kPython},    {"E40021", &kKernel},   {"E40024", &kPython},
    {"EZ3003", &kKernel},   {"EZ9999", &kKernel},
};

// Some failures are known by their words and not by a code. Without the words of the shell and the loader, a code may
// mislead: a full disk is E13004, E19999 or an exception in Python.
struct PhraseRow {
  const char* phrase;
  const AtcExplanation* explanation;
};
inline constexpr PhraseRow kPhrases[] = {
    {"No space left on device", &kDisk},
    {"Disk quota exceeded", &kDisk},
    {"Cannot allocate memory", &kMemory},
    {"std::bad_alloc", &kMemory},
    {"MemoryError", &kMemory},
    {"Out of memory", &kMemory},
    {"error while loading shared libraries", &kLibraries},
    {"ModuleNotFoundError", &kPython},
    {"python3: not found", &kPython},
    {"python3: command not found", &kPython},
};

}  // namespace convnext
