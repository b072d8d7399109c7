#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace convnext {

// A field that two env_info.json files do not agree on; the values as JSON on one line, cut if they are long.
struct FieldDifference {
  std::string field;  // "git.branch", "blocking_reasons.npu.cann.missing.symptom"
  std::string a, b;   // "(absent)" where the field is not there; empty in both for texts of several lines
};

// In the order of `a`, then what only `b` has. Lists of plain values are compared as a whole, lists of objects by
// their "code".
std::vector<FieldDifference> CompareEnvironments(const nlohmann::ordered_json& a, const nlohmann::ordered_json& b);

}  // namespace convnext
