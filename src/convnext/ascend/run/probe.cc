#include "convnext/ascend/run/probe.h"

#include "convnext/ascend/run/npu_worker.h"

namespace convnext {
namespace {

// Joins what failed, and tells whether all is well.
bool CollectFailures(const Status& status, ProbeFacts& facts) {
  facts.failures.insert(facts.failures.end(), status.reasons().begin(), status.reasons().end());
  return status.ok();
}

std::optional<std::string> PackageVersion(const AclApi& api, aclCANNPackageName package) {
  aclCANNPackageVersion version = {};
  if (api.aclsysGetCANNVersion == nullptr || api.aclsysGetCANNVersion(package, &version) != 0) return std::nullopt;
  return Printable({version.version, ::strnlen(version.version, sizeof version.version)});
}

// aclsysGetVersionStr has come in the place of aclsysGetCANNVersion; a host may have either.
std::optional<std::string> Version(const AclApi& api, aclCANNPackageName package, std::string name) {
  if (auto version = PackageVersion(api, package)) return version;
  char text[2 * ACL_PKG_VERSION_MAX_SIZE] = {};  // the function wants at least 128
  if (api.aclsysGetVersionStr == nullptr || api.aclsysGetVersionStr(name.data(), text) != 0) return std::nullopt;
  return Printable({text, ::strnlen(text, sizeof text)});
}

Status Count(const AclRuntime& runtime, ProbeFacts& facts) {
  uint32_t count = 0;
  Status status = runtime.Check("aclrtGetDeviceCount", runtime.api().aclrtGetDeviceCount(&count));
  if (status.ok()) facts.device_count = count;
  return status;
}

Status TryDevice(const std::shared_ptr<const AclRuntime>& runtime, int device, ProbeFacts& facts) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto opened, NpuDevice::Open(runtime, device));
  if (const char* name = runtime->api().aclrtGetSocName()) facts.soc_name = Printable(name);
  CONVNEXT_ASSIGN_OR_RETURN(const auto memory, opened->Memory());
  facts.free_bytes = memory.free_bytes;
  facts.total_bytes = memory.total_bytes;
  CONVNEXT_RETURN_IF_ERROR(opened->TryMemory());
  return NpuWorker::Open(*opened).status();
}

void ReadVersions(const AclRuntime& runtime, ProbeFacts& facts) {
  facts.cann_version = Version(runtime.api(), ACL_PKG_NAME_CANN, "cann");
  facts.driver_version = Version(runtime.api(), ACL_PKG_NAME_DRIVER, "driver");
}

}  // namespace

ProbeFacts FactsOfFailure(const Status& failure, const AclRuntime* runtime) {
  ProbeFacts facts;
  CollectFailures(failure, facts);
  for (const BlockingReason& reason : failure.reasons()) {
    if (reason.code == "npu.cann.library") facts.library_error = reason.symptom;
  }
  if (runtime == nullptr) return facts;
  ReadVersions(*runtime, facts);
  uint32_t count = 0;
  if (runtime->api().aclrtGetDeviceCount(&count) == 0) facts.device_count = count;
  return facts;
}

ProbeFacts ProbeAscend(const Machine& machine, const std::optional<CannInstallation>& cann, int device) {
  const auto runtime = AclRuntime::Start(machine, cann);
  if (!runtime.ok()) return FactsOfFailure(runtime.status(), nullptr);
  ProbeFacts facts;
  if (CollectFailures(Count(**runtime, facts), facts)) CollectFailures(TryDevice(*runtime, device, facts), facts);
  ReadVersions(**runtime, facts);  // last: a function that a version lacks leaves its text for the next error
  return facts;
}

}  // namespace convnext
