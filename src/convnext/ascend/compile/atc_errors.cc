#include "convnext/ascend/compile/atc_errors.h"

#include <algorithm>
#include <csignal>
#include <cstring>

#include "convnext/ascend/compile/atc_explanations.h"

namespace convnext {
namespace {

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

// Some lines from `at` on, in one; they are atc's own words.
Bilingual Lines(const Machine& machine, std::string_view text, size_t at) {
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
  return lines.empty() ? Say({"it gave no reason", "没有给出原因"}) : Same(lines);
}

// The first line that is not a banner.
Bilingual FirstLines(const Machine& machine, std::string_view text) { return Lines(machine, text, 0); }

BlockingReason Explained(const AtcExplanation& explanation, const Bilingual& symptom) {
  return MakeReason(std::string("npu.atc.") + explanation.reason, symptom, Say(explanation.cause),
                    Say(explanation.advice));
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

// What a text says, in some lines of it.
struct AtcCause {
  const AtcExplanation& explanation;
  Bilingual lines;
};

// By words, then by the first code that tells more than "inner error", then by any code.
AtcCause ExplainText(const Machine& machine, std::string_view text) {
  for (const PhraseRow& row : kPhrases) {
    if (const size_t at = text.find(row.phrase); at != std::string_view::npos)
      return {*row.explanation, Lines(machine, text, at)};
  }
  const auto codes = AtcErrorCodes(text);
  for (const std::string& code : codes) {
    const size_t at = text.find(code);
    const AtcExplanation& explanation = AtcExplanationOf(code, LineAt(text, at));
    if (&explanation != &kFailed || code == codes.back()) return {explanation, Lines(machine, text, at)};
  }
  return {kFailed, FirstLines(machine, text)};
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
    return Explained(kTimeout,
                     Say({"atc had not ended after {} s and was stopped; {}", "atc 运行 {} 秒后仍未结束，已被终止；{}"},
                         timeout_seconds, FirstLines(machine, text)));
  }
  const int signal = SignalOf(run.exit_code);
  // The system kills the largest process when memory runs out.
  if (signal != 0) {
    return Explained(signal == SIGKILL ? kMemory : kCrashed,
                     Say({"atc was ended by signal {} ({}); {}", "atc 被信号 {}（{}）终止；{}"}, signal,
                         ::strsignal(signal), FirstLines(machine, text)));
  }
  const AtcCause cause = ExplainText(machine, text);
  BlockingReason reason = Explained(
      cause.explanation, Say({"atc ended with code {}: {}", "atc 的退出码为 {}：{}"}, run.exit_code, cause.lines));
  const std::string module = MissingModule(text);
  if (reason.code != "npu.atc.python" || module.empty()) return reason;
  return MakeReason(reason.code, {reason.symptom, reason.chinese->symptom}, Say(kPython.cause),
                    Say({"python3 -m pip install {} (in all: {})", "python3 -m pip install {}（全部依赖：{}）"}, module,
                        Say(kPython.advice)));
}

BlockingReason ExplainAtcStart(const Machine& machine, const Status& status) {
  return Explained(kMissing,
                   Say({"atc cannot be started: {}", "无法启动 atc：{}"}, SafeLine(machine, status.message())));
}

BlockingReason ExplainNoOutput(const Machine& machine, const ProcessResult& run, const std::string& problem) {
  return Explained(kNoOutput, Say({"atc ended with code {}; {}; {}", "atc 的退出码为 {}；{}；{}"}, run.exit_code,
                                  SafeLine(machine, problem), FirstLines(machine, run.output)));
}

}  // namespace convnext
