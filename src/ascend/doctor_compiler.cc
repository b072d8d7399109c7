// The compiler: atc, the operators that it compiles, and the Python that it runs.
#include <fmt/ranges.h>

#include <algorithm>

#include "ascend/compile_job.h"
#include "ascend/doctor_parts.h"
#include "ascend/paths.h"

namespace convnext {
namespace {

constexpr double kPythonSeconds = 20;

// The compiler's part of an installation is there, whether it works or not.
bool HasCompiler(const Machine& machine, const std::string& root) {
  for (const char* part : {"compiler", "share/info/compiler", "bin/atc"}) {
    if (PathExists(machine, fmt::format("{}/{}", root, part))) return true;
  }
  return false;
}

std::string InstallText(const CannInstallation& cann) {
  return fmt::format("install Ascend-cann-toolkit{}{}", cann.version ? " " : "", cann.version.value_or(""));
}

BlockingReason RuntimeOnly(const CannInstallation& cann) {
  return {
      "npu.cann.runtime_only", fmt::format("CANN in {} has no compiler: no {}/bin/atc", cann.root, cann.root),
      "only the runtime is installed (nnrt), which runs models and cannot compile them",
      InstallText(cann) + ", or compile on a machine that has it (convnext compile) and give the .om with --om_path"};
}

BlockingReason AtcMissing(const Examination& e) {
  const std::string symptom =
      e.cann ? fmt::format("no program atc in {0}/bin and {0}/compiler/bin, nor on the PATH", e.cann->root)
             : "no program atc on the PATH, and no CANN installation whose place is known";
  return {"npu.atc.missing", symptom, "the compiler of the CANN toolkit is not there, or may not be run",
          e.cann ? InstallText(*e.cann) + " again" : "source the set_env.sh of the CANN toolkit"};
}

// Lower case, as operators are filed: "Ascend910B4" to "ascend910b", told by CANN's own table of chips.
std::string ChipOf(const Examination& e, const std::string& platform_config) {
  return LowerCase(FieldOf(MachineFile(e.machine, platform_config), "Short_SoC_version", '=').value_or(""));
}

// The package with the operators of a chip, as it is called from CANN 8.5 on.
std::string OperatorPackage(const std::string& chip) {
  constexpr std::string_view kPrefix = "ascend";
  if (chip == "ascend910_93") return "Ascend-cann-A3-ops";
  if (!chip.starts_with(kPrefix)) return "Ascend-cann-CHIP-ops";
  return fmt::format("Ascend-cann-{}-ops", chip.substr(kPrefix.size()));
}

BlockingReason OppMissing(const Examination& e, std::string symptom, const std::string& chip) {
  const std::string version = e.cann->version ? " " + *e.cann->version : "";
  return {"npu.cann.opp_missing", std::move(symptom),
          "the package with the operators of this chip is not installed, or this CANN is older than the chip",
          fmt::format("install {}{} (before CANN 8.5: Ascend-cann-kernels), in the version of the toolkit",
                      OperatorPackage(chip), version)};
}

std::optional<BlockingReason> OppReason(const Examination& e) {
  const std::string opp = e.cann->root + "/opp";
  if (!PathExists(e.machine, opp + "/built-in") && !PathExists(e.machine, opp + "/version.info"))
    return OppMissing(e, fmt::format("no operators in {}", opp), "");
  const auto soc = e.probe ? e.probe->soc_name : std::nullopt;
  if (!soc) return std::nullopt;
  if (auto unknown = UnknownChip(e.machine, *e.cann, *soc)) return unknown;
  const auto platform = FindPlatformConfig(e.machine, *e.cann, *soc);
  if (!platform) return std::nullopt;
  const std::string chip = ChipOf(e, *platform), config = opp + "/built-in/op_impl/ai_core/tbe/config";
  if (chip.empty() || !IsDirectory(e.machine, config) || IsDirectory(e.machine, config + "/" + chip))
    return std::nullopt;
  return OppMissing(e, fmt::format("no operators for {} in {}", *soc, config), chip);
}

// Modules that the operators of CANN import, with their packages: docs/ascend-facts.md, "Compiling: host needs".
struct PythonModule {
  const char *name, *package;
};
constexpr PythonModule kModules[] = {{"numpy", "numpy"}, {"decorator", "decorator"}, {"sympy", "sympy"},
                                     {"scipy", "scipy"}, {"attr", "attrs"},          {"psutil", "psutil"},
                                     {"cffi", "cffi"}};
constexpr int64_t kOldestPython[] = {3, 7, 5};

// Prints "3.11.2 numpy scipy": the version, and the modules that are not there.
std::string PythonProbe() {
  std::string names;
  for (const PythonModule& module : kModules) fmt::format_to(std::back_inserter(names), "'{}',", module.name);
  return fmt::format(
      "import sys, importlib.util as u\n"
      "print('.'.join(map(str, sys.version_info[:3])), *[m for m in [{}] if u.find_spec(m) is None])",
      names);
}

BlockingReason NoPython(std::string symptom) {
  return {"npu.atc.python", std::move(symptom), "atc runs Python to compile operators: version 3.7.5 or newer",
          "install python3 (3.7.5 or newer) and put it on the PATH"};
}

bool IsOld(const std::string& version) {
  std::vector<int64_t> numbers;
  for (const std::string& part : Parts(version, '.')) numbers.push_back(ParseNumber(part).value_or(0));
  return std::lexicographical_compare(numbers.begin(), numbers.end(), std::begin(kOldestPython),
                                      std::end(kOldestPython));
}

// The packages of the modules in `words` after the first.
std::vector<std::string> MissingPackages(const std::vector<std::string>& words) {
  std::vector<std::string> packages;
  for (const PythonModule& module : kModules) {
    if (std::find(words.begin() + 1, words.end(), module.name) != words.end()) packages.emplace_back(module.package);
  }
  return packages;
}

std::optional<BlockingReason> FindPythonReason(const std::string& python, const ProcessResult& result) {
  const auto lines = Parts(result.output, '\n');
  const auto words = Parts(lines.empty() ? "" : lines.back(), ' ');
  if (result.exit_code != 0 || words.empty() || words[0][0] < '0' || words[0][0] > '9') {
    return NoPython(fmt::format("{} does not work: exit code {}, \"{}\"", python, result.exit_code,
                                Printable(lines.empty() ? "" : lines.back())));
  }
  if (IsOld(words[0])) return NoPython(fmt::format("{} is version {}", python, Printable(words[0])));
  const auto packages = MissingPackages(words);
  if (packages.empty()) return std::nullopt;
  return BlockingReason{"npu.atc.python",
                        fmt::format("{} ({}) has no {}", python, Printable(words[0]), fmt::join(packages, ", ")),
                        "atc runs Python to compile operators, and these packages are imported there",
                        fmt::format("{} -m pip install {}", python, fmt::join(packages, " "))};
}

// The operators of this CANN are in Python.
bool NeedsPython(const Examination& e) {
  return IsDirectory(e.machine, e.cann->root + "/python/site-packages/tbe") ||
         IsDirectory(e.machine, e.cann->root + "/opp/built-in/op_impl/ai_core/tbe/impl");
}

std::optional<BlockingReason> PythonReason(const Examination& e) {
  if (!NeedsPython(e)) return std::nullopt;
  const auto python = FindProgram("python3", Variable(e.machine, "PATH").value_or(""));
  if (!python) return NoPython("no python3 on the PATH");
  const auto result = RunProcess({*python, "-c", PythonProbe()}, {.timeout_seconds = kPythonSeconds});
  if (!result.ok()) return NoPython(result.status().message());
  return FindPythonReason(*python, *result);
}

}  // namespace

std::vector<BlockingReason> CompilerReasons(const Examination& e) {
  if (!e.cann) {
    const bool runs = LibraryLoaded(e) && !FindProgram("atc", Variable(e.machine, "PATH").value_or(""));
    return runs ? std::vector{AtcMissing(e)} : std::vector<BlockingReason>{};
  }
  if (!e.cann->atc) return {HasCompiler(e.machine, e.cann->root) ? AtcMissing(e) : RuntimeOnly(*e.cann)};
  std::vector<BlockingReason> reasons;
  for (const auto& reason : {OppReason(e), PythonReason(e)}) {
    if (reason) reasons.push_back(*reason);
  }
  return reasons;
}

}  // namespace convnext
