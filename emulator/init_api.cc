// The beginning and the end, and versions.
#include <algorithm>
#include <cstring>
#include <fstream>

#include "api.h"
#include "call.h"
#include "codes.h"
#include "state.h"

namespace ascend_emulator {
namespace {

constexpr const char* kCannVersion = "8.1.RC1";
constexpr const char* kDriverVersion = "24.1.rc1-emulator";

// The settings are not looked at, but a file that is not there or no JSON object is an error.
aclError CheckConfig(const char* path) {
  if (path == nullptr || *path == '\0') return 0;
  std::ifstream file(path);
  if (!file) return Fail(kInvalidFile, fmt::format("EH0003: cannot open {}", path));
  char first = '\0';
  file >> first;
  return first == '{' ? 0 : Fail(kParseFile, fmt::format("EH0004: {} is not a JSON object", path));
}

aclError Init(const char* config_path) {
  State& state = Global();
  const Guard guard(state.lock);
  if (const aclError error = CheckConfig(config_path); error != 0) return error;
  if (state.initialized++ > 0) return Fail(kRepeatInitialize, "EH0002: aclInit has been called before");
  state.config = ReadConfig();
  state.finalized = false;
  return 0;
}

// The injected fault "somebody else has initialised before" initialises too.
aclError InitOrFault(const char* config_path) {
  const std::optional<aclError> fault = ConsumeFault("aclInit");
  if (fault && *fault != kRepeatInitialize) return *fault;
  const aclError result = Init(config_path);
  return fault ? *fault : result;
}

// Takes back `references` of what aclInit counted, or all.
aclError Finalize(bool all, uint64_t* left) {
  State& state = Global();
  const Guard guard(state.lock);
  if (state.initialized == 0) return state.finalized ? Fail(kRepeatFinalize, "EH0002: finalized before") : 0;
  state.initialized = all ? 0 : state.initialized - 1;
  if (left != nullptr) *left = state.initialized;
  if (state.initialized == 0) {
    state.finalized = true;
    ReportLeaks(state, "aclFinalize");
  }
  return 0;
}

void SetText(char* text, size_t size, std::string_view value) {
  std::memset(text, 0, size);
  std::memcpy(text, value.data(), std::min(value.size(), size - 1));
}

// "8.1.RC1" as a whole and in parts.
void SetVersion(std::string_view value, aclCANNPackageVersion& version) {
  std::memset(&version, 0, sizeof version);
  SetText(version.version, sizeof version.version, value);
  char* const parts[] = {version.majorVersion, version.minorVersion, version.releaseVersion};
  for (char* part : parts) {
    SetText(part, sizeof version.majorVersion, value.substr(0, value.find('.')));
    value.remove_prefix(std::min(value.size(), value.find('.')));
    if (!value.empty()) value.remove_prefix(1);
  }
}

aclError CannVersion(aclCANNPackageName name, aclCANNPackageVersion* version) {
  if (version == nullptr || Number(name) < ACL_PKG_NAME_CANN || Number(name) > ACL_PKG_NAME_DRIVER)
    return Fail(kInvalidParameter, "EH0001: no such package, or nowhere to put its version");
  SetVersion(Number(name) == ACL_PKG_NAME_DRIVER ? kDriverVersion : kCannVersion, *version);
  return 0;
}

aclError VersionText(const char* package, char* version) {
  if (package == nullptr || version == nullptr) return Fail(kInvalidParameter, "EH0001: a null pointer");
  const std::string_view name = package;
  const bool of_cann = name == "runtime" || name == "compiler" || name == "toolkit" || name == "opp";
  if (name != "driver" && !of_cann) return Fail(kInvalidFile, "EH0003: no such package: " + std::string(name));
  SetText(version, 128, of_cann ? kCannVersion : kDriverVersion);
  return 0;
}

aclError ApiVersion(int32_t* major, int32_t* minor, int32_t* patch) {
  if (major == nullptr || minor == nullptr || patch == nullptr)
    return Fail(kInvalidParameter, "EH0001: a null pointer");
  *major = 1;
  *minor = 14;
  *patch = 0;
  return 0;
}

}  // namespace
}  // namespace ascend_emulator

using namespace ascend_emulator;  // NOLINT: the functions of AscendCL below are not in a namespace

extern "C" {

aclError aclInit(const char* config_path) {
  const aclError result = InitOrFault(config_path);
  if (Logging()) Log(CallText("aclInit", ArgumentText(result), config_path));
  return result;
}

aclError aclFinalize() {
  return Release("aclFinalize", [] { return Finalize(true, nullptr); });
}

aclError aclFinalizeReference(uint64_t* references) {
  return Release(
      "aclFinalizeReference", [&] { return Finalize(false, references); }, references);
}

aclError aclrtGetVersion(int32_t* major, int32_t* minor, int32_t* patch) {
  return Call(
      "aclrtGetVersion", [&] { return ApiVersion(major, minor, patch); }, major, minor, patch);
}

aclError aclsysGetCANNVersion(aclCANNPackageName name, aclCANNPackageVersion* version) {
  return Call(
      "aclsysGetCANNVersion", [&] { return CannVersion(name, version); }, name, version);
}

aclError aclsysGetVersionStr(char* package, char* version) {
  return Call(
      "aclsysGetVersionStr", [&] { return VersionText(package, version); }, package);
}

}  // extern "C"
