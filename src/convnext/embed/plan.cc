#include "convnext/embed/plan.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "convnext/embed/json_count.h"
#include "convnext/embed/layout.h"
#include "convnext/json/json.h"

namespace convnext {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kFormat = "convnext-embed-plan-1";
constexpr size_t kMaxPlanBytes = size_t{1} << 30;

Json ArchiveJson(const PlanArchive& archive) {
  Json json = {
      {"shard", archive.shard}, {"path", archive.path}, {"bytes", archive.bytes}, {"samples", archive.samples}};
  if (!archive.damage.empty()) json["damage"] = archive.damage;
  return json;
}

Json UnitJson(const PlanUnit& unit) {
  if (unit.archive) return {{"archive", *unit.archive}, {"first", unit.first}, {"count", unit.count}};
  return {{"count", unit.count}, {"inputs_sha256", unit.inputs_sha256}};
}

PlanArchive ReadArchive(const Json& json) {
  return {json.at("shard"), json.at("path"), ReadCount(json.at("bytes")), ReadCount(json.at("samples")),
          json.value("damage", "")};
}

PlanUnit ReadUnit(const Json& json) {
  PlanUnit unit;
  unit.count = ReadCount(json.at("count"));
  if (!json.contains("archive")) return unit.inputs_sha256 = json.at("inputs_sha256"), unit;
  unit.archive = json.at("archive").get_ref<const Json::number_unsigned_t&>();
  unit.first = ReadCount(json.at("first"));
  return unit;
}

bool IsSound(const Plan& plan, const PlanUnit& unit) {
  if (!Bounds<int64_t>{0, kRowsOfUnits.largest}.Contains(unit.count) || unit.first < 0) return false;
  if (!unit.archive) return true;
  if (*unit.archive >= plan.archives.size()) return false;
  const PlanArchive& archive = plan.archives[*unit.archive];
  return archive.bytes >= 0 && unit.first + unit.count <= archive.samples;
}

// What this program reads of an identity.
bool IsIdentity(const Json& json) {
  const auto is_text = [&json](const char* name) { return !json.contains(name) || json.at(name).is_string(); };
  return json.is_object() && is_text("store") && is_text("simd_target") &&
         (!json.contains("embedding_dim") || json.at("embedding_dim").is_number_unsigned());
}

Plan ReadFields(const Json& json) {
  Plan plan{.inputs = json.at("inputs").dump(), .root = json.at("root"), .identity = json.at("identity").dump()};
  for (const Json& archive : json.at("archives")) plan.archives.push_back(ReadArchive(archive));
  for (const Json& unit : json.at("units")) plan.units.push_back(ReadUnit(unit));
  plan.carry = json.at("carry").get<std::vector<std::string>>();
  return plan;
}

Status Foreign(const std::string& output) {
  return Invalid("{}: it holds files but no plan.json, so it is no output of convnext embed; name a new directory",
                 Printable(output, 1000));
}

// Hidden names do not count: a file system's own, and files that are being written.
bool HoldsFiles(const std::string& directory) {
  std::error_code error;
  for (std::filesystem::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (!name.starts_with('.') && name != "inputs" && name != kEmbedLogDirectory && name != "lost+found" &&
        name != kStandardInputTar)
      return true;
  }
  return false;
}

}  // namespace

int64_t Plan::inputs_count() const {
  int64_t count = 0;
  for (const PlanUnit& unit : units) count += unit.count;
  return count;
}

std::string PlanJson(const Plan& plan) {
  Json json = {{"format", kFormat}, {"inputs", Json::parse(plan.inputs)}, {"root", plan.root}};
  json["identity"] = Json::parse(plan.identity);
  json["carry"] = plan.carry;
  json["archives"] = Json::array();
  for (const PlanArchive& archive : plan.archives) json["archives"].push_back(ArchiveJson(archive));
  json["units"] = Json::array();
  for (const PlanUnit& unit : plan.units) json["units"].push_back(UnitJson(unit));
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<Plan> ParsePlan(std::string_view text) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto json, ParseJson(text, {.bytes = kMaxPlanBytes}));
  try {
    const std::string format = json.at("format");
    if (format != kFormat) {
      return Invalid(
          "the plan's format is \"{}\"; this program reads \"{}\": go on with the version that made it, or "
          "begin in a new directory",
          Printable(format), kFormat);
    }
    Plan plan = ReadFields(json);
    const bool sound = std::all_of(plan.units.begin(), plan.units.end(),
                                   [&plan](const PlanUnit& unit) { return IsSound(plan, unit); });
    if (!sound) return Invalid("a unit of the plan is out of bounds; the file was changed");
    if (!IsIdentity(json.at("identity"))) return Invalid("the plan's identity is none; the file was changed");
    plan.sha256 = Sha256(std::as_bytes(std::span(text)));
    return plan;
  } catch (const nlohmann::json::exception& error) {
    return Invalid("not a plan of convnext embed: {}", Printable(error.what()));
  }
}

Result<std::optional<Plan>> ReadPlan(const std::string& output) {
  const std::string path = output + "/" + kPlanPath;
  const auto bytes = ReadFile(path, kMaxPlanBytes);
  if (bytes.status().kind() == "file.missing") {
    if (!HoldsFiles(output)) return std::optional<Plan>();
    if (::access(path.c_str(), F_OK) != 0) return Foreign(output);
    return ReadPlan(output);  // another process has just made it, and a unit
  }
  if (!bytes.ok()) return bytes.status();
  auto plan = ParsePlan({reinterpret_cast<const char*>(bytes->data()), bytes->size()});
  if (!plan.ok()) return plan.status().Prefixed(Printable(path, 1000));
  return std::optional<Plan>(*std::move(plan));
}

std::string IdentityDifferences(const std::string& there, const std::string& here) {
  const Json a = Json::parse(there, nullptr, false), b = Json::parse(here, nullptr, false);
  std::string text;
  for (const auto& [name, value] : a.items()) {
    const Json other = b.contains(name) ? b.at(name) : Json();
    if (value != other) text += fmt::format("  {}: {} there, {} here\n", name, value.dump(), other.dump());
  }
  for (const auto& [name, value] : b.items()) {
    if (!a.contains(name)) text += fmt::format("  {}: nothing there, {} here\n", name, value.dump());
  }
  return text;
}

}  // namespace convnext
