#include "convnext/bundle/embedded_units.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "convnext/json/json.h"

namespace convnext {
namespace {

constexpr size_t kMaxUnitsBytes = size_t{64} << 20, kMaxUnitLineBytes = 4096;
constexpr size_t kMostFailureCodes = 32;

bool IsEmbeddedCount(int64_t count) { return count >= 0 && count <= kMaxEmbeddedCount; }

Status CheckUnit(const EmbeddedUnit& unit, int64_t before) {
  if (unit.unit <= before) return Invalid("unit {} after unit {}: expected them in order", unit.unit, before);
  const bool counts = IsEmbeddedCount(unit.unit) && IsEmbeddedCount(unit.pictures) && IsEmbeddedCount(unit.rows);
  if (!counts || !AreFailureCounts(unit.failures)) return Invalid("counts that cannot be");
  return {};
}

Result<EmbeddedUnit> ParseUnitLine(std::string_view line) {
  CONVNEXT_ASSIGN_OR_RETURN(const auto json, ParseJson(line, {.bytes = kMaxUnitLineBytes, .depth = 3}));
  auto unit = ParseEmbeddedUnit(json);
  if (unit.ok() && JsonText(ToJson(*unit)) != line) return Invalid("it is not spelled as convnext embed spells it");
  return unit;
}

}  // namespace

std::string EmbeddedUnitsText(const std::vector<EmbeddedUnit>& units) {
  std::string text;
  for (const EmbeddedUnit& unit : units) text += JsonText(ToJson(unit)) + "\n";
  return text;
}

Result<std::vector<EmbeddedUnit>> ParseEmbeddedUnits(std::string_view text) {
  if (text.size() > kMaxUnitsBytes) return Invalid("{} bytes; at most {} are read", text.size(), kMaxUnitsBytes);
  if (!text.empty() && !text.ends_with('\n')) return Invalid("the last line is not ended: the list is cut");
  if (std::count(text.begin(), text.end(), '\n') > kMaxEmbeddedUnits)
    return Invalid("more than {} units", kMaxEmbeddedUnits);
  std::vector<EmbeddedUnit> units;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(line.size() + 1);
    auto unit = ParseUnitLine(line);
    Status status = unit.ok() ? CheckUnit(*unit, units.empty() ? -1 : units.back().unit) : unit.status();
    if (!status.ok()) return status.Prefixed(fmt::format("line {}", units.size() + 1));
    units.push_back(*std::move(unit));
  }
  return units;
}

bool AreFailureCounts(const std::map<std::string, int64_t>& failures) {
  return failures.size() <= kMostFailureCodes && std::all_of(failures.begin(), failures.end(), [](const auto& failure) {
           return failure.second >= 1 && IsEmbeddedCount(failure.second);
         });
}

EmbeddingTotals TotalsOf(const std::vector<EmbeddedUnit>& units) {
  EmbeddingTotals totals;
  for (const EmbeddedUnit& unit : units) {
    totals.pictures += unit.pictures;
    totals.rows += unit.rows;
    totals.failed += CountFailures(unit.failures);
    for (const auto& [code, count] : unit.failures) totals.failures[code] += count;
  }
  return totals;
}

int64_t CountFailures(const std::map<std::string, int64_t>& failures) {
  int64_t count = 0;
  for (const auto& failure : failures) count += failure.second;
  return count;
}

}  // namespace convnext
