#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "convnext/facts/facts.h"

namespace convnext {

// The list of the units that a run of convnext embed left: a line of JSON for each.
std::string EmbeddedUnitsText(const std::vector<EmbeddedUnit>& units);

// Reads what EmbeddedUnitsText gives, and nothing else; kInvalid, naming the line, for other spellings, units that are
// not in ascending order, or more of them than kMaxEmbeddedUnits.
Result<std::vector<EmbeddedUnit>> ParseEmbeddedUnits(std::string_view text);

// Whether these may be the failures of a run: few codes, and counts that can be added up.
bool AreFailureCounts(const std::map<std::string, int64_t>& failures);

// What the units are in all.
struct EmbeddingTotals {
  int64_t pictures = 0, rows = 0, failed = 0;
  std::map<std::string, int64_t> failures;  // by code
};
EmbeddingTotals TotalsOf(const std::vector<EmbeddedUnit>& units);
int64_t CountFailures(const std::map<std::string, int64_t>& failures);

}  // namespace convnext
