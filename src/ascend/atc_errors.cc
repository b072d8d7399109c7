#include "ascend/atc_errors.h"

#include <algorithm>
#include <csignal>
#include <cstring>

namespace convnext {
namespace {

struct AtcExplanation {
  const char* reason;  // "npu.atc." + this
  const char* cause;
  const char* advice;
};

constexpr AtcExplanation kPython = {
    "python", "atc needs Python 3.7.5 or newer with the packages that CANN names, and did not get it",
    "python3 -m pip install attrs cffi decorator numpy psutil pyyaml scipy sympy for the python3 that is first on the "
    "PATH"};
constexpr AtcExplanation kOperator = {
    "operator",
    "the ONNX parser of this CANN does not know an operator of the model, neither at opset 17 nor in smaller operators "
    "at opset 13, or does not find its operator package",
    "unset an ASCEND_OPP_PATH that points elsewhere; install the toolkit's opp, or a newer CANN"};
constexpr AtcExplanation kOpp = {
    "opp", "atc does not find the operator package (opp) of this CANN",
    "install the toolkit's opp, from CANN 8.5 on the package Ascend-cann-CHIP-ops, and unset "
    "an ASCEND_OPP_PATH that points elsewhere"};
constexpr AtcExplanation kSoc = {
    "soc", "this CANN does not compile for the chip that --soc_version names",
    "give the name that aclrtGetSocName() has (npu-smi info: \"910B4\" is Ascend910B4), or "
    "install the CANN and operator package of that chip"};
constexpr AtcExplanation kFlags = {"flags", "this CANN does not take a flag that convnext gives, or not on this chip",
                                   "install CANN 8.0 or newer; if it is newer, report this with the log"};
constexpr AtcExplanation kModel = {"model", "atc cannot read the ONNX file that convnext made for it",
                                   "check the space on the disk of the cache, then report this with the log"};
constexpr AtcExplanation kFiles = {"files", "atc could not open, read or write a file",
                                   "check permissions and free space of the cache, of TMPDIR and of ~/ascend"};
constexpr AtcExplanation kDisk = {"disk", "the disk is full",
                                  "free some gigabytes, or put the cache elsewhere: XDG_CACHE_HOME"};
constexpr AtcExplanation kKernel = {
    "kernel", "an operator of the model could not be compiled for this chip",
    "from CANN 8.5 on install Ascend-cann-CHIP-ops; see ~/ascend/log/debug/plog for the "
    "operator; another precision (--dtype float32-reduced, float16) may compile"};
constexpr AtcExplanation kMemory = {"memory",
                                    "the memory of this machine (or container) was not enough for the compiler",
                                    "free memory, raise the container's limit, or set TE_PARALLEL_COMPILER=1"};
constexpr AtcExplanation kLibraries = {"libraries", "a library that atc needs cannot be loaded",
                                       "libascend_hal.so comes with the driver, or as a stand-in with the toolkit's "
                                       "devlib directory; the others: install the toolkit again"};
constexpr AtcExplanation kVariables = {"variables", "an environment variable has a value that CANN does not take",
                                       "unset it, or source CANN's set_env.sh in a fresh shell"};
constexpr AtcExplanation kTooLarge = {"too_large", "the compiled model is larger than this CANN can write",
                                      "use smaller batches or pictures, or a newer CANN"};
constexpr AtcExplanation kFailed = {"failed", "the compiler failed",
                                    "see ~/ascend/log/debug/plog for the cause; compile a smaller batch to narrow it"};
constexpr AtcExplanation kTimeout = {
    "timeout", "the compiler took longer than it was given",
    "give it more (convnext compile --timeout), or more processor cores; the first compilation takes "
    "minutes"};
constexpr AtcExplanation kCrashed = {
    "crashed", "the compiler was ended by a signal",
    "try once more; if it stays, install the toolkit and operator package of one version"};
constexpr AtcExplanation kNoOutput = {"no_output", "atc said that it succeeded, but left no usable model",
                                      "check the free space of the cache and TMPDIR; report this with the log"};
constexpr AtcExplanation kMissing = {
    "missing", "the compiler of CANN cannot be run",
    "install Ascend-cann-toolkit (nnrt, the run-time package, has no atc), or compile on "
    "another machine with 'convnext compile' and give the file with --om_path"};

struct CodeRow {
  const char* code;
  const AtcExplanation* explanation;
};
constexpr CodeRow kCodes[] = {
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
constexpr PhraseRow kPhrases[] = {
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

constexpr size_t kCodeLength = 6;
constexpr size_t kSymptomLines = 3;
constexpr size_t kSymptomLineBytes = 300;

bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsWord(char c) { return IsDigit(c) || IsUpper(c) || (c >= 'a' && c <= 'z') || c == '_'; }

// E and five digits, or E, a letter and four digits, at the start of `text` and not going on.
bool StartsWithCode(std::string_view text) {
  if (text.size() < kCodeLength || text[0] != 'E' || !(IsDigit(text[1]) || IsUpper(text[1]))) return false;
  if (!std::all_of(&text[2], &text[2] + kCodeLength - 2, IsDigit)) return false;
  return text.size() == kCodeLength || !IsWord(text[kCodeLength]);
}

// The next line of `text`, which loses it.
std::string_view ConsumeLine(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(text.size(), line.size() + 1));
  return line;
}

// The line that `text` has at `at`.
std::string_view LineAt(std::string_view text, size_t at) {
  const size_t before = text.rfind('\n', at);
  text.remove_prefix(before == std::string_view::npos ? 0 : before + 1);
  return ConsumeLine(text);
}

// atc's first and last words, which say nothing about the cause.
bool IsBanner(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos || line.starts_with("ATC start working") ||
         line.starts_with("ATC run failed");
}

// Some lines from `at` on, in one.
std::string Lines(const Machine& machine, std::string_view text, size_t at) {
  const size_t before = text.rfind('\n', at);
  text.remove_prefix(before == std::string_view::npos ? 0 : before + 1);
  std::string lines;
  for (size_t count = 0; count < kSymptomLines && !text.empty();) {
    const std::string_view line = ConsumeLine(text);
    if (IsBanner(line)) continue;
    const std::string safe = Printable(SafeLine(machine, line), kSymptomLineBytes);
    fmt::format_to(std::back_inserter(lines), "{}{}", lines.empty() ? "" : " | ", safe);
    ++count;
  }
  return lines.empty() ? "it gave no reason" : lines;
}

// The first line that is not a banner.
std::string FirstLines(const Machine& machine, std::string_view text) { return Lines(machine, text, 0); }

BlockingReason Reason(const AtcExplanation& explanation, std::string symptom) {
  return {std::string("npu.atc.") + explanation.reason, std::move(symptom), explanation.cause, explanation.advice};
}

// The module that Python did not find, as "name": "No module named 'decorator'".
std::string MissingModule(std::string_view text) {
  constexpr std::string_view kMark = "No module named '";
  const size_t at = text.find(kMark);
  if (at == std::string_view::npos) return "";
  text.remove_prefix(at + kMark.size());
  const std::string_view name = text.substr(0, std::min(text.find('\''), text.find('.')));
  const bool plain = !name.empty() && name.size() < 40 && std::all_of(name.begin(), name.end(), IsWord);
  return plain ? std::string(name) : "";
}

const AtcExplanation& AtcExplanationOf(std::string_view code, std::string_view line) {
  if (code == "E10001" && line.find("soc_version") != std::string_view::npos) return kSoc;
  for (const CodeRow& row : kCodes) {
    if (code == row.code) return *row.explanation;
  }
  return kFailed;
}

// By words, then by the first code that tells more than "inner error", then by any code.
BlockingReason ExplainText(const Machine& machine, std::string_view text) {
  for (const PhraseRow& row : kPhrases) {
    if (const size_t at = text.find(row.phrase); at != std::string_view::npos)
      return Reason(*row.explanation, Lines(machine, text, at));
  }
  const auto codes = AtcErrorCodes(text);
  for (const std::string& code : codes) {
    const size_t at = text.find(code);
    const AtcExplanation& explanation = AtcExplanationOf(code, LineAt(text, at));
    if (&explanation != &kFailed || code == codes.back()) return Reason(explanation, Lines(machine, text, at));
  }
  return Reason(kFailed, FirstLines(machine, text));
}

// The signal in a shell's exit code, 0 if there is none: 255 is atc's own for every failure.
int SignalOf(int exit_code) { return exit_code > 128 && exit_code <= 128 + SIGSYS ? exit_code - 128 : 0; }

}  // namespace

std::vector<std::string> AtcErrorCodes(std::string_view text) {
  std::vector<std::string> codes;
  for (size_t at = text.find('E'); at != std::string_view::npos; at = text.find('E', at + 1)) {
    if ((at > 0 && IsWord(text[at - 1])) || !StartsWithCode(text.substr(at))) continue;
    std::string code(text.substr(at, kCodeLength));
    if (std::find(codes.begin(), codes.end(), code) == codes.end()) codes.push_back(std::move(code));
  }
  return codes;
}

BlockingReason ExplainAtcFailure(const Machine& machine, const ProcessResult& run, double timeout_seconds) {
  const std::string_view text = run.output;
  if (run.timed_out) {
    return Reason(kTimeout, fmt::format("atc had not ended after {} s and was stopped; {}", timeout_seconds,
                                        FirstLines(machine, text)));
  }
  const int signal = SignalOf(run.exit_code);
  // The system kills the largest process when memory runs out.
  if (signal != 0) {
    return Reason(signal == SIGKILL ? kMemory : kCrashed, fmt::format("atc was ended by signal {} ({}); {}", signal,
                                                                      ::strsignal(signal), FirstLines(machine, text)));
  }
  BlockingReason reason = ExplainText(machine, text);
  reason.symptom = fmt::format("atc ended with code {}: {}", run.exit_code, reason.symptom);
  const std::string module = MissingModule(text);
  if (reason.code == "npu.atc.python" && !module.empty())
    reason.advice = fmt::format("python3 -m pip install {} (in all: {})", module, reason.advice);
  return reason;
}

BlockingReason ExplainAtcStart(const Machine& machine, const Status& status) {
  return Reason(kMissing, SafeLine(machine, status.message()));
}

BlockingReason ExplainNoOutput(const Machine& machine, const ProcessResult& run, const std::string& problem) {
  return Reason(kNoOutput, fmt::format("atc ended with code {}; {}; {}", run.exit_code, SafeLine(machine, problem),
                                       FirstLines(machine, run.output)));
}

}  // namespace convnext
