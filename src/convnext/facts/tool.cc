#include "convnext/facts/tool.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace convnext {
namespace {

std::optional<std::string> VersionIn(const Machine& machine, const char* variable) {
  auto version = Variable(machine, variable);
  return version && IsVersionText(*version) ? version : std::nullopt;
}

}  // namespace

ToolFacts CurrentTool() {
  static const ToolFacts facts = [] {
    const auto program = MappedFile::Open("/proc/self/exe");
    return ToolFacts{std::string(Version()), std::string(Commit()), program.ok() ? Sha256(program->bytes()) : ""};
  }();
  return facts;
}

std::optional<LauncherFacts> CurrentLauncher(const Machine& machine) {
  const auto python = VersionIn(machine, "CONVNEXT_LAUNCHER_PYTHON");
  if (!python) return std::nullopt;
  return LauncherFacts{*python, VersionIn(machine, "CONVNEXT_LAUNCHER_PIP")};
}

bool IsVersionText(std::string_view text) {
  constexpr size_t kLongest = 60;
  static constexpr std::string_view kOthers = ".+-_~";
  return !text.empty() && text.size() <= kLongest && IsDigit(text[0]) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return IsLetterOrDigit(c) || kOthers.find(c) != std::string_view::npos; });
}

nlohmann::ordered_json LauncherJson(const std::optional<LauncherFacts>& launcher) {
  if (!launcher) return nullptr;
  nlohmann::ordered_json json = {{"python", launcher->python}, {"pip", nullptr}};
  if (launcher->pip) json["pip"] = *launcher->pip;
  return json;
}

}  // namespace convnext
