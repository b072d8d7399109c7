// The compiler: atc, the operators that it compiles, and the Python that it runs.
#include <fmt/ranges.h>

#include <algorithm>

#include "convnext/ascend/host/chips.h"
#include "convnext/ascend/host/doctor_parts.h"
#include "convnext/ascend/host/paths.h"

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

// "Ascend-cann-toolkit 8.1.RC1".
std::string ToolkitOf(const CannInstallation& cann) {
  return fmt::format("Ascend-cann-toolkit{}{}", cann.version ? " " : "", cann.version.value_or(""));
}

BlockingReason RuntimeOnly(const CannInstallation& cann) {
  return MakeReason(
      "npu.cann.runtime_only",
      Say({"CANN in {0} has no compiler: no {0}/bin/atc", "{0} 中的 CANN 没有编译器：没有 {0}/bin/atc"}, cann.root),
      Say({"only the runtime is installed (nnrt), which runs models and cannot compile them",
           "只安装了运行时（nnrt），它能运行模型，但不能转换模型"}),
      Say({"install {}, or compile on a machine that has it (convnext compile) and give the .om with --om_path",
           "安装 {}，或在装有它的机器上转换（convnext compile），再用 --om_path 指定离线模型"},
          ToolkitOf(cann)));
}

BlockingReason AtcMissing(const Examination& e) {
  return MakeReason("npu.atc.missing",
                    e.cann ? Say({"no program atc in {0}/bin and {0}/compiler/bin, nor on the PATH",
                                  "{0}/bin、{0}/compiler/bin 和 PATH 中都没有 atc 程序"},
                                 e.cann->root)
                           : Say({"no program atc on the PATH, and no CANN installation whose place is known",
                                  "PATH 中没有 atc 程序，也没有找到 CANN 的安装位置"}),
                    Say({"the compiler of the CANN toolkit is not there, or may not be run",
                         "没有 CANN toolkit 的编译器，或无权执行"}),
                    e.cann ? Say({"install {} again", "重新安装 {}"}, ToolkitOf(*e.cann))
                           : Say({"source the set_env.sh of the CANN toolkit", "source CANN toolkit 的 set_env.sh"}));
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

BlockingReason OppMissing(const Examination& e, const Bilingual& symptom, const std::string& chip) {
  const std::string version = e.cann->version ? " " + *e.cann->version : "";
  return MakeReason(
      "npu.cann.opp_missing", symptom,
      Say({"the package with the operators of this chip is not installed, or this CANN is older than the chip",
           "没有安装该芯片的算子包，或 CANN 早于该芯片"}),
      Say({"install {}{} (before CANN 8.5: Ascend-cann-kernels), in the version of the toolkit",
           "安装与 toolkit 版本相同的 {}{}（CANN 8.5 之前为 Ascend-cann-kernels）"},
          OperatorPackage(chip), version));
}

std::optional<BlockingReason> OppReason(const Examination& e) {
  const std::string opp = e.cann->root + "/opp";
  if (!PathExists(e.machine, opp + "/built-in") && !PathExists(e.machine, opp + "/version.info"))
    return OppMissing(e, Say({"no operators in {}", "{} 中没有算子"}, opp), "");
  const auto soc = e.probe ? e.probe->soc_name : std::nullopt;
  if (!soc) return std::nullopt;
  if (auto unknown = UnknownChip(e.machine, *e.cann, *soc)) return unknown;
  const auto platform = FindPlatformConfig(e.machine, *e.cann, *soc);
  if (!platform) return std::nullopt;
  const std::string chip = ChipOf(e, *platform), config = opp + "/built-in/op_impl/ai_core/tbe/config";
  if (chip.empty() || !IsDirectory(e.machine, config) || IsDirectory(e.machine, config + "/" + chip))
    return std::nullopt;
  return OppMissing(e, Say({"no operators for {0} in {1}", "{1} 中没有 {0} 的算子"}, *soc, config), chip);
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

BlockingReason NoPython(const Bilingual& symptom) {
  return MakeReason(
      "npu.atc.python", symptom,
      Say({"atc runs Python to compile operators: version 3.7.5 or newer",
           "atc 编译算子时要运行 Python（3.7.5 或更高版本）"}),
      Say({"install python3 (3.7.5 or newer) and put it on the PATH", "安装 python3（3.7.5 或更高版本）并加入 PATH"}));
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
    return NoPython(Say({"{} does not work: exit code {}, \"{}\"", "{} 不能工作：退出码 {}，“{}”"}, python,
                        result.exit_code, Printable(lines.empty() ? "" : lines.back())));
  }
  if (IsOld(words[0])) return NoPython(Say({"{} is version {}", "{} 的版本为 {}"}, python, Printable(words[0])));
  const auto packages = MissingPackages(words);
  if (packages.empty()) return std::nullopt;
  return MakeReason("npu.atc.python",
                    Say({"{} ({}) has no {}", "{}（{}）缺少 {}"}, python, Printable(words[0]), Listed(packages)),
                    Say({"atc runs Python to compile operators, and these packages are imported there",
                         "atc 编译算子时要运行 Python，并导入这些软件包"}),
                    Same(fmt::format("{} -m pip install {}", python, fmt::join(packages, " "))));
}

// The operators of this CANN are in Python.
bool NeedsPython(const Examination& e) {
  return IsDirectory(e.machine, e.cann->root + "/python/site-packages/tbe") ||
         IsDirectory(e.machine, e.cann->root + "/opp/built-in/op_impl/ai_core/tbe/impl");
}

std::optional<BlockingReason> PythonReason(const Examination& e) {
  if (!NeedsPython(e)) return std::nullopt;
  const auto python = FindProgram("python3", Variable(e.machine, "PATH").value_or(""));
  if (!python) return NoPython(Say({"no python3 on the PATH", "PATH 中没有 python3"}));
  const auto result = RunProcess({*python, "-c", PythonProbe()}, {.timeout_seconds = kPythonSeconds});
  if (!result.ok())
    return NoPython(Say({"python3 cannot be run: {}", "无法运行 python3：{}"}, result.status().message()));
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
