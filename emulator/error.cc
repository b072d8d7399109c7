// Error texts, kept for each thread until aclGetRecentErrMsg asks for them.
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "api.h"
#include "call.h"
#include "state.h"

namespace ascend_emulator {
namespace {

constexpr size_t kKept = 16;
thread_local std::vector<std::string> messages;  // oldest first
thread_local std::string told;                   // what the client holds a pointer to

// The newest message first. Without a current context the messages stay and come again.
// See docs/ascend-facts.md, "AscendCL: error texts".
const char* RecentMessage() {
  if (messages.empty()) return nullptr;
  told.clear();
  for (auto message = messages.rbegin(); message != messages.rend(); ++message) told.append(*message).append("\n");
  const Guard guard(Global().lock);
  if (CurrentContext() != nullptr) messages.clear();
  return told.c_str();
}

}  // namespace

aclError Fail(aclError code, std::string text) {
  if (messages.size() == kKept) messages.erase(messages.begin());
  messages.push_back(std::move(text));
  return code;
}

aclError Misuse(aclError code, const std::string& text) {
  const std::string line = "EMULATOR: misuse: " + text;
  std::fprintf(stderr, "%s\n", line.c_str());
  Log(line);
  return Fail(code, "EE9999: " + text);
}

}  // namespace ascend_emulator

using namespace ascend_emulator;  // NOLINT: the functions of AscendCL below are not in a namespace

extern "C" const char* aclGetRecentErrMsg() { return Call("aclGetRecentErrMsg", RecentMessage); }
