#include "convnext/embed/make_plan.h"

#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "convnext/archive/archive.h"
#include "convnext/embed/layout.h"
#include "convnext/json/json.h"

namespace convnext {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMaxListBytes = size_t{1} << 32;

bool IsUtf8(const std::string& text) {
  try {
    (void)Json(text).dump();
    return true;
  } catch (const nlohmann::json::exception&) {
    return false;
  }
}

std::string Hex(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return text;
}

Result<std::string> FromHex(const std::string& text) {
  if (text.size() % 2 != 0) return Invalid("\"{}\": not hexadecimal", Printable(text));
  std::string bytes;
  for (size_t i = 0; i < text.size(); i += 2) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data() + i, text.data() + i + 2, value, 16);
    if (error != std::errc() || end != text.data() + i + 2) return Invalid("\"{}\": not hexadecimal", Printable(text));
    bytes += static_cast<char>(value);
  }
  return bytes;
}

// A path that is not UTF-8 has its bytes beside a key that can be printed.
std::string FileLine(const std::string& path, bool duplicate) {
  Json json;
  if (IsUtf8(path)) {
    json["key"] = path;
  } else {
    json = {{"key", Printable(path, path.size() * 4)}, {"path_bytes", Hex(path)}};
  }
  if (duplicate) json["duplicate"] = true;
  return json.dump() + "\n";
}

void AddFiles(const FoundInputs& found, const PlanOptions& options, NewPlan& made) {
  std::unordered_set<std::string_view> seen;
  const auto rows = static_cast<size_t>(options.rows_per_file);
  for (size_t first = 0; first < found.files.size(); first += rows) {
    const size_t end = std::min(first + rows, found.files.size());
    std::string list;
    for (size_t i = first; i < end; ++i) list += FileLine(found.files[i], !seen.insert(found.files[i]).second);
    PlanUnit unit;
    unit.count = static_cast<int64_t>(end - first);
    unit.inputs_sha256 = Sha256(std::as_bytes(std::span(list)));
    made.plan.units.push_back(std::move(unit));
    made.lists.push_back(std::move(list));
  }
}

// An archive that cannot be opened has one unit, of which only that will be said.
PlanArchive CountSamples(const FoundArchive& found) {
  PlanArchive archive{.shard = found.shard, .path = found.path};
  struct stat info {};
  if (::stat(found.path.c_str(), &info) == 0) archive.bytes = info.st_size;
  const auto reader = SampleReader::Open(found.path, {.contents = false});
  if (!reader.ok()) return archive.damage = reader.status().kind(), archive;
  while ((*reader)->Next()) ++archive.samples;
  if ((*reader)->damage()) archive.damage = (*reader)->damage()->kind();
  return archive;
}

void AddArchive(const PlanArchive& archive, int64_t rows, NewPlan& made) {
  const size_t place = made.plan.archives.size();
  made.plan.archives.push_back(archive);
  for (int64_t first = 0; first < std::max<int64_t>(1, archive.samples); first += rows) {
    PlanUnit unit;
    unit.archive = place;
    unit.first = first;
    unit.count = std::min(rows, archive.samples - first);
    made.plan.units.push_back(std::move(unit));
    made.lists.emplace_back();
  }
}

Result<ListedFile> ParseFileLine(std::string_view line) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto json, ParseJson(line));
  try {
    ListedFile file{json.at("key"), json.at("key"), json.value("duplicate", false)};
    if (json.contains("path_bytes")) {
      CONVNEXT_ASSIGN_OR_RETURN(file.path, FromHex(json.at("path_bytes")));
    }
    return file;
  } catch (const nlohmann::json::exception& error) {
    return Invalid("{}", Printable(error.what()));
  }
}

}  // namespace

Result<NewPlan> MakePlan(const FoundInputs& found, const std::string& inputs, const std::string& identity,
                         const PlanOptions& options) {
  CONVNEXT_RETURN_IF_ERROR(CheckBounds("rows of a file", options.rows_per_file, kRowsOfUnits));
  CONVNEXT_RETURN_IF_ERROR(CheckBounds("rows of a unit", options.rows_per_unit, kRowsOfUnits));
  NewPlan made;
  made.plan.inputs = inputs;
  made.plan.root = found.root;
  made.plan.identity = identity;
  made.plan.carry = options.carry;
  AddFiles(found, options, made);
  for (size_t i = 0; i < found.archives.size(); ++i) {
    if (options.progress) options.progress(i, found.archives.size());
    AddArchive(CountSamples(found.archives[i]), options.rows_per_unit, made);
  }
  const std::string text = PlanJson(made.plan);
  made.plan.sha256 = Sha256(std::as_bytes(std::span(text)));
  return made;
}

Result<Plan> WritePlan(const std::string& output, const NewPlan& made) {
  for (int64_t unit = 0; unit < made.plan.size(); ++unit) {
    const std::string& list = made.lists[static_cast<size_t>(unit)];
    if (list.empty()) continue;
    CONVNEXT_RETURN_IF_ERROR(WriteFile(output + "/" + PathsOfUnit(unit, made.plan.size()).inputs, list));
  }
  CONVNEXT_RETURN_IF_ERROR(WriteNewFile(output + "/" + kPlanPath, PlanJson(made.plan)).status());
  CONVNEXT_ASSIGN_OR_RETURN(auto plan, ReadPlan(output));
  if (!plan) return IoError("{}: its plan.json was removed", Printable(output, 1000));
  if (plan->sha256 == made.plan.sha256) return *std::move(plan);
  return Invalid(
      "{}: another process has just made a plan of other inputs or with other options there; make the plan with one "
      "process (--plan_only), in a new directory",
      Printable(output, 1000));
}

Result<std::vector<ListedFile>> ParseFileList(std::string_view text) {
  std::vector<ListedFile> files;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    CONVNEXT_ASSIGN_OR_RETURN(auto file, ParseFileLine(line));
    files.push_back(std::move(file));
  }
  return files;
}

Result<std::vector<ListedFile>> ReadFileList(const std::string& output, const Plan& plan, int64_t unit) {
  const std::string path = output + "/" + PathsOfUnit(unit, plan.size()).inputs;
  CONVNEXT_ASSIGN_OR_RETURN(const auto bytes, ReadFile(path, kMaxListBytes));
  if (Sha256(bytes) != plan.units[static_cast<size_t>(unit)].inputs_sha256)
    return Invalid("{}: not the list that plan.json was made with; put it back, or begin in a new directory",
                   Printable(path, 1000));
  auto files = ParseFileList({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (!files.ok()) return files.status().Prefixed(Printable(path, 1000));
  const int64_t count = plan.units[static_cast<size_t>(unit)].count;
  if (files->size() != static_cast<size_t>(count))
    return Invalid("{}: {} files; plan.json says {}", Printable(path, 1000), files->size(), count);
  return files;
}

}  // namespace convnext
