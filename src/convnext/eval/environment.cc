#include "convnext/eval/environment.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "convnext/archive/archive.h"
#include "convnext/eval/environment_parts.h"
#include "convnext/facts/facts.h"

namespace convnext {
namespace {

// A name can tell that its value is secret, so both are redacted together.
std::map<std::string, std::string> ListedVariables(const Machine& machine) {
  std::map<std::string, std::string> listed;
  for (const auto& [name, value] : machine.variables) {
    if (!IsRecordedVariable(name)) continue;
    const std::string safe = SafeLine(machine, fmt::format("{}={}", name, value));
    const size_t mark = safe.find('=');
    listed[safe.substr(0, mark)] = safe.substr(mark + 1);
  }
  return listed;
}

HostFacts HostIdentity(const Machine& machine) {
  char host[256] = {};
  ::gethostname(host, sizeof host - 1);
  const passwd* user = ::getpwuid(::geteuid());
  std::error_code ignored;
  return {Printable(host), user == nullptr ? "" : Printable(user->pw_name),
          SafeLine(machine, std::filesystem::current_path(ignored).string())};
}

void CollectBuild(EnvironmentRecord& record) {
  record.tool = CurrentTool();
  record.simd_targets = SimdTargets();
  record.compiler = Compiler();
  record.build_flags = BuildFlags();
  record.libraries = BaseLibraryVersions();
  record.libraries.merge(ImageLibraryVersions());
  record.libraries.merge(ArchiveLibraryVersions());
}

}  // namespace

EnvironmentRecord CollectEnvironment(const EnvironmentOptions& options) {
  const WindowTimer timer;
  EnvironmentRecord record;
  record.requested_device = options.device;
  record.model = options.model;
  CollectBuild(record);
  record.launcher = CurrentLauncher(options.machine);
  CollectSystem(options.machine, record);
  CollectProcessor(options.machine, record);
  CollectNpu(options.machine, record);
  record.git = CollectGit(options.machine, options.directory);
  record.variables = ListedVariables(options.machine);
  if (options.with_host_identity) record.host = HostIdentity(options.machine);
  record.window = timer.Finish();
  return record;
}

}  // namespace convnext
