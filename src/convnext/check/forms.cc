// Forms: each text of a record has the form in which this program writes it. A claim has no place among facts.
#include <algorithm>
#include <cmath>

#include "convnext/check/rules.h"
#include "convnext/engine/engine.h"

namespace convnext {
namespace {

using IsForm = bool (*)(std::string_view text);

bool HasOnly(std::string_view text, std::string_view others, size_t most) {
  return !text.empty() && text.size() <= most && std::all_of(text.begin(), text.end(), [others](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || others.find(c) != std::string_view::npos;
  });
}

// "libjpeg-turbo"
bool IsWord(std::string_view text) { return HasOnly(text, ".+-_", 40); }

bool IsHex(std::string_view text) { return text.find_first_not_of("0123456789abcdef") == std::string_view::npos; }

// Of a program: "0123456789ab", with "+" where there were uncommitted changes.
bool IsShortCommit(std::string_view text) {
  if (text == "unknown") return true;
  if (text.ends_with('+')) text.remove_suffix(1);
  return text.size() >= 7 && text.size() <= 64 && IsHex(text);
}

// Of a repository: SHA-1 or SHA-256.
bool IsCommit(std::string_view text) { return (text.size() == 40 || text.size() == 64) && IsHex(text); }

// "g++ 12.2.0", "clang 14.0.6 (vendor)"
bool IsCompiler(std::string_view text) {
  for (const std::string_view name : {"g++ ", "clang "}) {
    if (text.starts_with(name))
      return IsVersionText(text.substr(name.size(), text.find(' ', name.size()) - name.size()));
  }
  return false;
}

// "Ascend910B4"
bool IsChip(std::string_view text) { return text.starts_with("Ascend") && HasOnly(text, "_-", 40); }

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); });
}

// "weights/model.safetensors", or an index of shards
bool IsWeightsPath(std::string_view text) {
  return IsInside(text) && text.find("://") == std::string_view::npos &&
         (text.ends_with(".safetensors") || text.ends_with(".safetensors.index.json"));
}

void Demand(std::string_view what, std::string_view text, IsForm is_form, Findings& findings) {
  if (!is_form(text)) findings.Fail("{} is \"{}\", which this program would not write", what, Printable(text, 80));
}

void DemandIfAny(std::string_view what, const std::optional<std::string>& text, IsForm is_form, Findings& findings) {
  if (text) Demand(what, *text, is_form, findings);
}

void DemandVersions(std::string_view what, const std::map<std::string, std::string>& versions, Findings& findings) {
  for (const auto& [name, version] : versions) {
    Demand(what, name, IsWord, findings);
    Demand(fmt::format("the version of {}", Printable(name, 60)), version, IsVersionText, findings);
  }
}

void CheckBuild(const EnvironmentRecord& e, Findings& findings) {
  Demand("the program's version", e.tool.version, IsVersionText, findings);
  Demand("the program's commit", e.tool.commit, IsShortCommit, findings);
  if (!e.compiler.empty()) Demand("the compiler", e.compiler, IsCompiler, findings);  // rule P1
  DemandVersions("a library", e.libraries, findings);
  const bool scalar = e.build_flags.find("; SIMD off;") != std::string::npos;
  if (!scalar && e.build_flags.find("; SIMD on;") == std::string::npos)
    findings.Fail("the build flags do not say whether SIMD is on: {}", e.build_flags);
  if (scalar && e.simd_targets != std::vector<std::string>{"SCALAR"})
    findings.Fail("SIMD targets in a program that was built without SIMD");
  if (!e.build_flags.starts_with("Release:") || !e.build_flags.ends_with("; sanitizers none"))
    findings.Warn("no release build: {}", e.build_flags);
}

void CheckHost(const EnvironmentRecord& e, Findings& findings) {
  for (const auto& variable : e.variables) Demand("a variable", variable.first, IsRecordedVariable, findings);
  for (const std::string& flag : e.cpu_flags) Demand("a CPU's extension", flag, IsRecordedCpuFlag, findings);
  DemandIfAny("the NPU's name", e.npu_name, IsChip, findings);
  DemandIfAny("the driver's version", e.driver_version, IsVersionText, findings);
  DemandIfAny("CANN's version", e.cann_version, IsVersionText, findings);
  DemandIfAny("npu-smi's text", e.npu_smi, IsAscii, findings);
  for (const BlockingReason& reason : e.blocking_reasons)
    Demand("a reason's code", reason.code, IsRecordedReason, findings);
}

// "compiled from ONNX opset 17 for Ascend910B4; 0 operators of the compiled graph read or write float16 (...)"
void CheckPrecisionText(const DeviceFacts& device, Findings& findings) {
  const std::string text = device.precision.value_or("");
  if (!device.npu_name && device.precision) findings.Fail("a CPU with a compiled model: {}", text);
  const size_t chip = text.find(" for ");
  if (text.starts_with("compiled from ONNX") && chip != std::string::npos &&
      text.substr(chip + 5, text.find(';') - chip - 5) != device.npu_name.value_or(""))
    findings.Fail("a model that was compiled for another chip: {}", text);
  if (FindPrecision(device.dtype) == Precision::kFloat32 &&
      text.find(" operators of the compiled graph") != std::string::npos &&
      text.find("; 0 operators") == std::string::npos)
    findings.Fail("float32, and operators in float16: {}", text);
}

void CheckDrift(const std::vector<StageDrift>& drift, Findings& findings) {
  for (size_t i = 0; i < drift.size(); ++i) {
    if (i >= std::size(kTapNames) || drift[i].stage != kTapNames[i])
      findings.Fail("drift after \"{}\", which is no stage of the model", drift[i].stage);
    if (!(drift[i].max_rel_error_pct >= 0 && drift[i].norm_rel_error_pct >= 0))
      findings.Fail("a drift of {} % and {} %", drift[i].max_rel_error_pct, drift[i].norm_rel_error_pct);
  }
}

void CheckLauncher(const std::optional<LauncherFacts>& launcher, Findings& findings) {
  if (!launcher) return;
  Demand("Python's version", launcher->python, IsVersionText, findings);
  DemandIfAny("pip's version", launcher->pip, IsVersionText, findings);
}

void CheckRepository(const std::optional<GitFacts>& git, Findings& findings) {
  if (git) Demand("the repository's commit", git->commit, IsCommit, findings);
}

// "picture.empty"
bool IsFailureCode(std::string_view text) {
  return !text.empty() && text.size() <= 40 &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '_' || c == '.'; });
}

void CheckEmbeddingTexts(const Evidence& e, Findings& findings) {
  const EmbeddingRecord& record = *e.embedding;
  DemandIfAny("the NPU's name", record.device.npu_name, IsChip, findings);
  CheckPrecisionText(record.device, findings);
  CheckLauncher(record.launcher, findings);
  Demand("the path of the weights", record.model.weights_path, IsWeightsPath, findings);
  for (const auto& failure : record.own_failures) Demand("a failure's code", failure.first, IsFailureCode, findings);
  for (const auto& failure : TotalsOf(e.embedded_units).failures)
    Demand("a failure's code", failure.first, IsFailureCode, findings);
}

// P6
void TextsHaveTheirForms(const Subject& subject, Findings& findings) {
  const Evidence& e = *subject.evidence;
  CheckBuild(e.environment, findings);
  CheckHost(e.environment, findings);
  for (const DeviceFacts* device : {&e.inference.device, &e.accuracy.device, &e.performance.device}) {
    DemandIfAny("the NPU's name", device->npu_name, IsChip, findings);
    CheckPrecisionText(*device, findings);
  }
  Demand("the path of the weights", e.accuracy.model.weights_path, IsWeightsPath, findings);
  DemandVersions("a maker of the reference", e.accuracy.reference.versions, findings);
  CheckDrift(e.accuracy.drift, findings);
  for (const auto* launcher :
       {&e.environment.launcher, &e.inference.launcher, &e.accuracy.launcher, &e.performance.launcher})
    CheckLauncher(*launcher, findings);
  if (e.embedding) CheckEmbeddingTexts(e, findings);
  CheckRepository(e.environment.git, findings);
  CheckRepository(e.report.git, findings);
  Demand("the repository's address", e.report.repository_url, IsRepositoryUrl, findings);
  Demand("the source's address", e.report.source_url, IsRepositoryUrl, findings);
  for (const auto& [path, error] : e.inference.failed)
    findings.Fail("{} failed in the inference: such a run is not recorded", path);
}

}  // namespace

std::vector<Rule> FormRules() {
  return {{"P6", "each text of a record has the form in which this program writes it", TextsHaveTheirForms, nullptr}};
}

}  // namespace convnext
