// ASCEND_EMULATOR_FAULT: "call[:nth]:code[=text][;...]". The nth call (1 by default, * for each) of that function
// returns code, with that text as the error's; the code "hang" never returns.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <sstream>
#include <thread>

#include "fault_text.h"
#include "runtime.h"

namespace ascend_emulator {
namespace {

struct Fault {
  std::string function;
  uint64_t nth = 1;  // 0: every call
  aclError code = 0;
  std::string text;  // empty: the code's own
  bool hangs = false;
};

struct Plan {
  std::mutex lock;
  std::string text;  // of the variable; when it changes, counting starts anew
  std::vector<Fault> faults;
  std::map<std::string, uint64_t, std::less<>> calls;
};

Plan& GlobalPlan() {
  static Plan& plan = *new Plan;  // calls may come after the static objects have gone
  return plan;
}

std::vector<std::string> Split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

// A fault that is not understood would let a test pass for nothing: the process ends.
[[noreturn]] void AbortOnMalformed(const std::string& text) {
  std::fprintf(stderr, "EMULATOR: ASCEND_EMULATOR_FAULT: \"%s\" is not call[:nth]:code[=text]\n", text.c_str());
  std::abort();
}

uint64_t ToNumber(const std::string& digits, const std::string& text) {
  if (digits.empty() || digits.size() > 9 || digits.find_first_not_of("0123456789") != std::string::npos)
    AbortOnMalformed(text);
  return std::stoull(digits);
}

std::vector<Fault> Parse(const std::string& text) {
  std::vector<Fault> faults;
  for (const std::string& item : Split(text, ';')) {
    const size_t mark = std::min(item.find('='), item.size());
    const std::vector<std::string> parts = Split(item.substr(0, mark), ':');
    if (parts.size() < 2 || parts.size() > 3) AbortOnMalformed(item);
    Fault fault;
    fault.function = parts[0];
    fault.hangs = parts.back() == "hang";
    if (!fault.hangs) fault.code = static_cast<aclError>(ToNumber(parts.back(), item));
    if (mark < item.size()) fault.text = item.substr(mark + 1);
    if (parts.size() == 3) fault.nth = parts[1] == "*" ? 0 : ToNumber(parts[1], item);
    faults.push_back(fault);
  }
  return faults;
}

std::optional<Fault> NextFault(Plan& plan, const char* function) {
  const char* variable = std::getenv("ASCEND_EMULATOR_FAULT");
  const std::string text = variable != nullptr ? variable : "";
  const std::scoped_lock guard(plan.lock);
  if (text != plan.text) {
    plan.faults = Parse(text);
    plan.calls.clear();
    plan.text = text;
  }
  if (plan.faults.empty()) return std::nullopt;
  const uint64_t call = ++plan.calls[function];
  for (const Fault& fault : plan.faults)
    if (fault.function == function && (fault.nth == 0 || fault.nth == call)) return fault;
  return std::nullopt;
}

}  // namespace

std::optional<aclError> ConsumeFault(const char* function) {
  const std::optional<Fault> fault = NextFault(GlobalPlan(), function);
  if (!fault) return std::nullopt;
  while (fault->hangs) std::this_thread::sleep_for(std::chrono::hours(1));
  Fail(fault->code, fault->text.empty() ? FaultText(fault->code, function) : fault->text);
  return fault->code;
}

}  // namespace ascend_emulator
